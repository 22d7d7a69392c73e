"""The tree of an expression."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(slots=True, eq=False)
class Node:
    position: int
    depth: int = field(init=False, default=1)
    # Nodes evaluated when this one is, without the bodies of macros: those are paid for by item.
    cost: int = field(init=False, default=1)

    def __post_init__(self) -> None:
        children = tuple(self.children())
        self.depth += max((child.depth for child in children), default=0)
        self.cost += sum(child.cost for child in self.evaluated())

    def children(self) -> Iterable[Node]:
        return ()

    def evaluated(self) -> Iterable[Node]:
        return self.children()


@dataclass(slots=True, eq=False)
class Literal(Node):
    value: str | int | float | bool | None


@dataclass(slots=True, eq=False)
class Name(Node):
    name: str


@dataclass(slots=True, eq=False)
class Field(Node):
    """`target.name`, and `target["name"]` too."""

    target: Node
    name: str

    def children(self) -> Iterable[Node]:
        return (self.target,)


@dataclass(slots=True, eq=False)
class Has(Node):
    target: Node
    name: str

    def children(self) -> Iterable[Node]:
        return (self.target,)


@dataclass(slots=True, eq=False)
class Index(Node):
    target: Node
    key: Node

    def children(self) -> Iterable[Node]:
        return (self.target, self.key)


class Style(StrEnum):
    """How a function is called."""

    FUNCTION = "function"  # size(list)
    METHOD = "method"  # list.size(): what stands before the dot is the first argument
    OPERATOR = "operator"  # a < b


@dataclass(slots=True, eq=False)
class Call(Node):
    function: str
    style: Style
    arguments: tuple[Node, ...]

    def children(self) -> Iterable[Node]:
        return self.arguments


@dataclass(slots=True, eq=False)
class Chain(Node):
    """`a + b - c`: operators of one rank, from left to right."""

    first: Node
    rest: tuple[tuple[str, int, Node], ...]  # operator, its position, operand

    def children(self) -> Iterable[Node]:
        return (self.first, *(operand for _, _, operand in self.rest))


@dataclass(slots=True, eq=False)
class Equality(Node):
    left: Node
    right: Node
    negated: bool

    def children(self) -> Iterable[Node]:
        return (self.left, self.right)


@dataclass(slots=True, eq=False)
class Logic(Node):
    """`a && b && c`, or the same with `||`."""

    operator: str
    parts: tuple[Node, ...]

    def children(self) -> Iterable[Node]:
        return self.parts


@dataclass(slots=True, eq=False)
class Not(Node):
    operand: Node

    def children(self) -> Iterable[Node]:
        return (self.operand,)


@dataclass(slots=True, eq=False)
class Choice(Node):
    condition: Node
    yes: Node
    no: Node

    def children(self) -> Iterable[Node]:
        return (self.condition, self.yes, self.no)


@dataclass(slots=True, eq=False)
class ListLiteral(Node):
    items: tuple[Node, ...]

    def children(self) -> Iterable[Node]:
        return self.items


@dataclass(slots=True, eq=False)
class MapLiteral(Node):
    entries: tuple[tuple[Node, Node], ...]

    def children(self) -> Iterable[Node]:
        return (node for entry in self.entries for node in entry)


@dataclass(slots=True, eq=False)
class Macro(Node):
    """`target.filter(variable, body)`; `map` may have a condition before its body."""

    name: str
    target: Node
    variable: str
    condition: Node | None
    body: Node

    def children(self) -> Iterable[Node]:
        return (self.target, self.body, *((self.condition,) if self.condition else ()))

    def evaluated(self) -> Iterable[Node]:
        return (self.target,)
