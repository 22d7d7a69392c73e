"""The syntax tree of an expression."""

from __future__ import annotations

from dataclasses import dataclass

Scalar = None | bool | int | float | str


@dataclass(frozen=True)
class Literal:
    value: Scalar
    at: int


@dataclass(frozen=True)
class Name:
    name: str
    at: int


@dataclass(frozen=True)
class Field:
    of: Node
    name: str
    at: int


@dataclass(frozen=True)
class Has:
    of: Node
    name: str
    at: int


@dataclass(frozen=True)
class Index:
    of: Node
    index: Node
    at: int


@dataclass(frozen=True)
class Unary:
    operator: str
    of: Node
    at: int


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True)
class Choice:
    condition: Node
    then: Node
    otherwise: Node
    at: int


@dataclass(frozen=True)
class ListOf:
    items: tuple[Node, ...]
    at: int


@dataclass(frozen=True)
class MapOf:
    entries: tuple[tuple[Node, Node], ...]
    at: int


@dataclass(frozen=True)
class Call:
    """A function, or a method where the first argument is what stands before the dot."""

    name: str
    arguments: tuple[Node, ...]
    method: bool
    at: int


@dataclass(frozen=True)
class Walk:
    """A macro: map, filter, all, exists, exists_one over a list, with a name for the item."""

    kind: str
    over: Node
    variable: str
    bodies: tuple[Node, ...]
    at: int


Node = Literal | Name | Field | Has | Index | Unary | Binary | Choice | ListOf | MapOf | Call | Walk


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Field(of=of) | Has(of=of) | Unary(of=of):
            return (of,)
        case Index(of=of, index=index):
            return (of, index)
        case Binary(left=left, right=right):
            return (left, right)
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case ListOf(items=items):
            return items
        case MapOf(entries=entries):
            return tuple(part for entry in entries for part in entry)
        case Call(arguments=arguments):
            return arguments
        case Walk(over=over, bodies=bodies):
            return (over, *bodies)
    return ()


def size_of(node: Node) -> int:
    return 1 + sum(size_of(child) for child in children(node))
