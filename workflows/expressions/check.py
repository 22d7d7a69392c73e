"""Types of a tree before there are values, and the names it reads. Finds at save what would fail in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch

from workflows.expressions.errors import ExpressionError, did_you_mean
from workflows.expressions.functions import find
from workflows.expressions.functions.ordering import BOOL
from workflows.expressions.functions.registry import Function
from workflows.expressions.functions.texts import TEXT, compile_pattern
from workflows.expressions.schema import KINDS, Known, Names, Schema, a_kind, dyn, kind_of
from workflows.expressions.syntax import (
    Call,
    Chain,
    Choice,
    Equality,
    Field,
    Has,
    Index,
    ListLiteral,
    Literal,
    Logic,
    Macro,
    MapLiteral,
    Name,
    Node,
    Not,
    Style,
)

Path = tuple[str, ...]
_INDEXES = KINDS["number"] | KINDS["text"]


@dataclass(frozen=True)
class Context:
    """`known` is None when any name may turn up in the scope."""

    known: Names | None
    references: set[Path]
    variables: Mapping[str, Schema] = field(default_factory=dict)

    def binding(self, name: str, schema: Schema) -> Context:
        return Context(self.known, self.references, {**self.variables, name: schema})


def check(node: Node, known: Known | None = None) -> tuple[Schema, frozenset[Path]]:
    """The type of what the expression gives and the paths it reads; raises ExpressionError."""
    context = Context(known.fields if isinstance(known, Schema) else known, set())
    return infer(node, context), frozenset(context.references)


@singledispatch
def infer(node: Node, context: Context) -> Schema:
    raise TypeError(f"no types for {type(node).__name__}")


@infer.register
def _literal(node: Literal, context: Context) -> Schema:
    return Schema(kind_of(node.value))


@infer.register(Name)
@infer.register(Field)
def _path(node: Name | Field, context: Context) -> Schema:
    if path := path_of(node, context):
        context.references.add(path)
    return _follow(node, context)


@infer.register
def _has(node: Has, context: Context) -> Schema:
    if path := path_of(node.target, context):
        context.references.add((*path, node.name))
    _field(_follow(node.target, context), node.name, node.position)
    return BOOL


def _capital(kind: str) -> str:
    words = a_kind(kind)
    return words[0].upper() + words[1:]


def path_of(node: Node, context: Context) -> Path | None:
    """The names from the scope to a value, or None for what a macro's variable or a function gives."""
    names: list[str] = []
    while isinstance(node, Field):
        names.append(node.name)
        node = node.target
    if not isinstance(node, Name) or node.name in context.variables:
        return None
    return (node.name, *reversed(names))


def _follow(node: Node, context: Context) -> Schema:
    """The type at the end of a path, without noting where it leads through."""
    if isinstance(node, Field):
        return _field(_follow(node.target, context), node.name, node.position)
    if not isinstance(node, Name):
        return infer(node, context)
    if node.name in context.variables:
        return context.variables[node.name]
    if context.known is None:
        return dyn
    if node.name not in context.known:
        message = f"There is no {node.name!r} here.{did_you_mean(node.name, [*context.variables, *context.known])}"
        raise ExpressionError("no_such_name", message, node.position)
    return context.known[node.name]


def _field(target: Schema, name: str, position: int) -> Schema:
    found = target.field(name)
    if found is not None:
        return found
    if target.kind == "object":
        message = f"There is no field {name!r}.{did_you_mean(name, target.fields or ())}"
    elif target.kind == "list":
        message = f"A list has no field {name!r}. Take one item, as in list[0].{name}, or list.map(x, x.{name})."
    else:
        message = f"{_capital(target.kind)} has no field {name!r}."
    raise ExpressionError("no_such_field", message, position)


@infer.register
def _index(node: Index, context: Context) -> Schema:
    target, key = infer(node.target, context), infer(node.key, context)
    if target.types.isdisjoint(KINDS["list"] | KINDS["object"]):
        raise ExpressionError("wrong_type", f"{_capital(target.kind)} has no items to take by [ ].", node.position)
    if key.types.isdisjoint(_INDEXES):
        raise ExpressionError("wrong_type", "Between [ ] stands a position or a field's name.", node.position)
    return target.element or dyn


@infer.register
def _call(node: Call, context: Context) -> Schema:
    function = find(node.style, node.function, len(node.arguments), node.position)
    arguments = [infer(argument, context) for argument in node.arguments]
    if node.function == "in":
        _check_value(arguments[0], arguments[1].element or dyn, node.arguments[0], node.position)
        _check_listed(arguments[0], node.arguments[1])
    if node.function == "matches":
        _check_pattern(node.arguments[1])
    return _chosen(function, arguments, node.position)


def _chosen(function: Function, arguments: Sequence[Schema], position: int) -> Schema:
    fitting = [overload for overload in function.overloads if overload.takes(arguments)]
    if not fitting:
        given = [argument.kind or "value" for argument in arguments]
        raise ExpressionError("wrong_type", function.mismatch(given), position)
    first = fitting[0].result(arguments)
    return first if all(overload.result(arguments) == first for overload in fitting[1:]) else dyn


def _check_pattern(node: Node) -> None:
    if isinstance(node, Literal) and isinstance(node.value, str):
        try:
            compile_pattern(node.value)
        except ExpressionError as error:
            error.position = node.position
            raise


@infer.register
def _chain(node: Chain, context: Context) -> Schema:
    left = infer(node.first, context)
    for sign, position, operand in node.rest:
        function = find(Style.OPERATOR, sign, 2, position)
        left = _chosen(function, (left, infer(operand, context)), position)
    return left


@infer.register
def _equality(node: Equality, context: Context) -> Schema:
    left, right = infer(node.left, context), infer(node.right, context)
    _check_value(left, right, node.left, node.position)
    _check_value(right, left, node.right, node.position)
    return BOOL


def _check_value(value: Schema, other: Schema, node: Node, position: int) -> None:
    """Values of two kinds are never equal, and a text outside the known values equals none of them."""
    numbers = value.types | other.types <= KINDS["number"]
    if "null" not in (value.kind, other.kind) and value.types.isdisjoint(other.types) and not numbers:
        message = f"{_capital(value.kind)} never equals {a_kind(other.kind)}. Convert one of them."
        raise ExpressionError("wrong_type", message, position)
    if other.values and isinstance(node, Literal) and isinstance(node.value, str) and node.value not in other.values:
        message = f"It is never {node.value[:60]!r}.{did_you_mean(node.value, other.values)}"
        raise ExpressionError("no_such_value", message, node.position)


def _check_listed(value: Schema, container: Node) -> None:
    if value.values and isinstance(container, ListLiteral):
        for item in container.items:
            _check_value(TEXT, value, item, item.position)


@infer.register
def _logic(node: Logic, context: Context) -> Schema:
    for part in node.parts:
        _expect_bool(part, context, f"Both sides of '{node.operator}'")
    return BOOL


@infer.register
def _not(node: Not, context: Context) -> Schema:
    _expect_bool(node.operand, context, "What follows '!'")
    return BOOL


def _expect_bool(node: Node, context: Context, what: str) -> None:
    found = infer(node, context)
    if bool not in found.types:
        message = f"{what} must be yes or no, and this is {a_kind(found.kind)}. Compare it with something."
        raise ExpressionError("wrong_type", message, node.position)


@infer.register
def _choice(node: Choice, context: Context) -> Schema:
    _expect_bool(node.condition, context, "What stands before '?'")
    yes, no = infer(node.yes, context), infer(node.no, context)
    return yes if yes == no else dyn


@infer.register
def _list(node: ListLiteral, context: Context) -> Schema:
    elements = [infer(item, context) for item in node.items]
    same = bool(elements) and all(element == elements[0] for element in elements)
    return Schema("list", element=elements[0] if same else None)


@infer.register
def _map(node: MapLiteral, context: Context) -> Schema:
    fields: dict[str, Schema] = {}
    computed = False
    for key, value in node.entries:
        kind, found = infer(key, context), infer(value, context)
        if str not in kind.types:
            message = 'The names of an object are texts: {"name": value}.'
            raise ExpressionError("wrong_type", message, key.position)
        if not isinstance(key, Literal):
            computed = True
        elif key.value in fields:
            raise ExpressionError("duplicate_field", f"The field {key.value!r} is there twice.", key.position)
        else:
            fields[str(key.value)] = found
    return Schema("object", fields=fields, closed=not computed)


@infer.register
def _macro(node: Macro, context: Context) -> Schema:
    target = infer(node.target, context)
    if target.types.isdisjoint(KINDS["list"] | KINDS["object"]):
        message = f"{node.name}() goes through a list, and this is {a_kind(target.kind)}."
        raise ExpressionError("wrong_type", message, node.position)
    item = {"list": target.element or dyn, "object": TEXT}.get(target.kind, dyn)
    inner = context.binding(node.variable, item)
    if node.condition:
        _expect_bool(node.condition, inner, "The condition of map()")
    if node.name == "map":
        return Schema("list", element=infer(node.body, inner))
    _expect_bool(node.body, inner, f"The condition of {node.name}()")
    return Schema("list", element=item) if node.name == "filter" else BOOL
