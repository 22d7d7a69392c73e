"""Tree to closures over plain values. They index dicts and lists, and never read an attribute of a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any

from workflows.expressions.errors import ExpressionError, LimitError, did_you_mean, located
from workflows.expressions.functions import Function, call, find
from workflows.expressions.functions.ordering import equals
from workflows.expressions.functions.registry import plain
from workflows.expressions.limits import Evaluation
from workflows.expressions.schema import a_kind, kind_of
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
    MapLiteral,
    Name,
    Node,
    Not,
    Style,
)

Closure = Callable[[Evaluation], Any]
Slots = Mapping[str, int]  # where each macro's variable is kept


@singledispatch
def emit(node: Node, slots: Slots) -> Closure:
    raise TypeError(f"no closure for {type(node).__name__}")


@emit.register
def _literal(node: Literal, slots: Slots) -> Closure:
    value = node.value
    return lambda evaluation: value


@emit.register
def _name(node: Name, slots: Slots) -> Closure:
    if node.name in slots:
        slot = slots[node.name]
        return lambda evaluation: evaluation.variables[slot]
    return _from_scope(node, ())


@emit.register
def _field(node: Field, slots: Slots) -> Closure:
    root: Node = node
    path: list[Field] = []
    while isinstance(root, Field):
        path.insert(0, root)
        root = root.target
    if isinstance(root, Name) and root.name not in slots:
        return _from_scope(root, tuple(path))
    if isinstance(root, Name) and len(path) == 1:
        return _of_variable(slots[root.name], node)
    target = emit(node.target, slots)
    return lambda evaluation: take_field(target(evaluation), node)


def _of_variable(slot: int, node: Field) -> Closure:
    """The commonest closure of all, made short: item.name."""
    name = node.name

    def read(evaluation: Evaluation) -> Any:
        value = evaluation.variables[slot]
        if type(value) is dict and name in value:
            return value[name]
        return take_field(value, node)

    return read


def _from_scope(root: Name, path: tuple[Field, ...]) -> Closure:
    def read(evaluation: Evaluation) -> Any:
        try:
            value = evaluation.scope[root.name]
        except KeyError:
            raise _no_name(root, evaluation.scope) from None
        for field in path:
            value = take_field(value, field)
        if type(value) is list or type(value) is dict:
            evaluation.meet(len(value))
        return value

    return read


def _no_name(root: Name, scope: Mapping[str, Any]) -> ExpressionError:
    message = f"There is no {root.name!r} here.{did_you_mean(root.name, scope)}"
    return ExpressionError("no_such_name", message, root.position)


def take_field(value: Any, node: Field) -> Any:
    if isinstance(value, dict):
        try:
            return value[node.name]
        except KeyError:
            raise _no_field(value, node.name, node.position) from None
    raise _no_fields(value, node.name, node.position)


def _no_field(value: Mapping[str, Any], name: str, position: int) -> ExpressionError:
    def message() -> str:
        return f"There is no field {name!r}.{did_you_mean(name, value)} Test has(….{name}) if it may be missing."

    return ExpressionError("no_such_field", message, position)


def _no_fields(value: Any, name: str, position: int) -> ExpressionError:
    words = a_kind(kind_of(value))
    hint = " Test a != null ? a.b : … if it may be missing." if value is None else ""
    return ExpressionError("no_such_field", f"{words[0].upper()}{words[1:]} has no field {name!r}.{hint}", position)


@emit.register
def _has(node: Has, slots: Slots) -> Closure:
    target, name = emit(node.target, slots), node.name

    def test(evaluation: Evaluation) -> bool:
        try:
            value = target(evaluation)
        except ExpressionError as error:
            # Unlike CEL, what is missing on the way is missing too.
            if error.code in ("no_such_field", "no_such_name"):
                return False
            raise
        return isinstance(value, dict) and name in value

    return test


@emit.register
def _index(node: Index, slots: Slots) -> Closure:
    target, key, position = emit(node.target, slots), emit(node.key, slots), node.position

    def read(evaluation: Evaluation) -> Any:
        value, at = target(evaluation), plain(key(evaluation))
        if isinstance(value, dict) and type(at) is str:
            if at in value:
                return value[at]
            raise _no_field(value, at, position)
        if type(at) is float and at.is_integer():
            at = int(at)
        if not isinstance(value, list) or type(at) is not int:
            message = f"[ ] takes a position of a list or a name of an object, not {kind_of(at)} of {kind_of(value)}."
            raise ExpressionError("wrong_type", message, position)
        if 0 <= at < len(value):
            return value[at]
        message = (
            f"There is no item {at}: the size of the list is {len(value)}, and the first is at 0. Test size(list)."
        )
        raise ExpressionError("no_such_item", message, position)

    return read


@emit.register
def _call(node: Call, slots: Slots) -> Closure:
    function = find(node.style, node.function, len(node.arguments), node.position)
    arguments = [emit(argument, slots) for argument in node.arguments]
    if len(arguments) == 2:
        return _call_of_two(function, arguments[0], arguments[1], node.position)
    position = node.position

    def run(evaluation: Evaluation) -> Any:
        values = [argument(evaluation) for argument in arguments]
        try:
            return call(evaluation, function, values)
        except ExpressionError as error:
            raise located(error, position) from None

    return run


def _call_of_two(function: Function, left: Closure, right: Closure, position: int) -> Closure:
    """As any call, without the list: nearly all are of two."""
    table = function.table

    def run(evaluation: Evaluation) -> Any:
        a, b = left(evaluation), right(evaluation)
        act = table.get((type(a), type(b)))
        try:
            return act(evaluation, a, b) if act else call(evaluation, function, (a, b))
        except ExpressionError as error:
            raise located(error, position) from None

    return run


@emit.register
def _chain(node: Chain, slots: Slots) -> Closure:
    if len(node.rest) == 1:
        sign, position, operand = node.rest[0]
        function = find(Style.OPERATOR, sign, 2, position)
        return _call_of_two(function, emit(node.first, slots), emit(operand, slots), position)
    first = emit(node.first, slots)
    links = [(find(Style.OPERATOR, sign, 2, at), at, emit(operand, slots)) for sign, at, operand in node.rest]

    def run(evaluation: Evaluation) -> Any:
        value = first(evaluation)
        for function, position, operand in links:
            other = operand(evaluation)
            try:
                value = call(evaluation, function, (value, other))
            except ExpressionError as error:
                raise located(error, position) from None
        return value

    return run


@emit.register
def _equality(node: Equality, slots: Slots) -> Closure:
    left, right, position, negated = emit(node.left, slots), emit(node.right, slots), node.position, node.negated

    def test(evaluation: Evaluation) -> bool:
        a, b = left(evaluation), right(evaluation)
        try:
            return equals(evaluation, a, b) is not negated
        except ExpressionError as error:
            raise located(error, position) from None

    return test


def boolean(value: Any, position: int) -> bool:
    if value is True or value is False:
        return value
    message = f"Here stands {a_kind(kind_of(value))}, where yes or no is needed. Compare it with something."
    raise ExpressionError("wrong_type", message, position)


@emit.register
def _logic(node: Logic, slots: Slots) -> Closure:
    """One side may decide though another is an error, as in CEL."""
    parts = [(emit(part, slots), part.position) for part in node.parts]
    decisive = node.operator == "||"

    def decide(evaluation: Evaluation) -> bool:
        failure: ExpressionError | None = None
        for part, position in parts:
            try:
                if boolean(part(evaluation), position) is decisive:
                    return decisive
            except LimitError:
                raise
            except ExpressionError as error:
                failure = failure or error
        if failure:
            raise failure
        return not decisive

    return decide


@emit.register
def _not(node: Not, slots: Slots) -> Closure:
    operand, position = emit(node.operand, slots), node.operand.position
    return lambda evaluation: not boolean(operand(evaluation), position)


@emit.register
def _choice(node: Choice, slots: Slots) -> Closure:
    condition, position = emit(node.condition, slots), node.condition.position
    yes, no = emit(node.yes, slots), emit(node.no, slots)
    return lambda evaluation: yes(evaluation) if boolean(condition(evaluation), position) else no(evaluation)


@emit.register
def _list(node: ListLiteral, slots: Slots) -> Closure:
    items = [emit(item, slots) for item in node.items]
    return lambda evaluation: [item(evaluation) for item in items]


@emit.register
def _map(node: MapLiteral, slots: Slots) -> Closure:
    entries = [(emit(key, slots), emit(value, slots), key.position) for key, value in node.entries]

    def make(evaluation: Evaluation) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value, position in entries:
            name = plain(key(evaluation))
            if type(name) is not str:
                message = f"The names of an object are texts, not {kind_of(name)}. Use string(…)."
                raise ExpressionError("wrong_type", message, position)
            if name in made:
                raise ExpressionError("duplicate_field", f"The field {name[:60]!r} is there twice.", position)
            made[name] = value(evaluation)
        return made

    return make
