"""Syntax tree to closures over plain values. No attribute of any object is ever read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflows.expressions import operators
from workflows.expressions.functions import FUNCTIONS, METHODS
from workflows.expressions.limits import FUEL_PER_ITEM, MAX_LIST, MAX_WALKED, ExpressionError, Fuel
from workflows.expressions.operators import Value, hint, mismatch
from workflows.expressions.syntax import (
    Binary,
    Call,
    Choice,
    Field,
    Has,
    Index,
    ListOf,
    Literal,
    MapOf,
    Name,
    Node,
    Unary,
    Walk,
    size_of,
)

# The scope's names; no name can hold a "$", so the fuel is out of an expression's reach.
Environment = dict[str, Any]
Evaluate = Callable[[Environment], Value]
FUEL_KEY = "$fuel"
DEPTH_KEY = "$depth"


def build(node: Node) -> Evaluate:
    evaluate: Evaluate = _BUILDERS[type(node)](node)
    return evaluate


def _literal(node: Literal) -> Evaluate:
    value = node.value
    return lambda environment: value


def _name(node: Name) -> Evaluate:
    name, at = node.name, node.at

    def read(environment: Environment) -> Value:
        try:
            return environment[name]
        except KeyError:
            known = [key for key in environment if not key.startswith("$")]
            message = f"There is no {name!r} here.{hint(name, known)}"
            raise ExpressionError(message, code="no_such_name", position=at) from None

    return read


def _field(node: Field) -> Evaluate:
    of, name, at = build(node.of), node.name, node.at

    def read(environment: Environment) -> Value:
        value = of(environment)
        if isinstance(value, dict) and name in value:
            return value[name]
        return _located(operators.field, at, value, name)

    return read


def _located(act: Callable[..., Value], at: int, *values: Value) -> Value:
    try:
        return act(*values)
    except ExpressionError as error:
        if error.position is None:
            error.position = at
        raise


def _has(node: Has) -> Evaluate:
    of, name = build(node.of), node.name

    def test(environment: Environment) -> bool:
        value = of(environment)
        return isinstance(value, dict) and value.get(name) is not None

    return test


def _index(node: Index) -> Evaluate:
    of, index, at = build(node.of), build(node.index), node.at
    return lambda environment: _located(operators.index, at, of(environment), index(environment))


def _boolean(value: Value, what: str, at: int) -> bool:
    if isinstance(value, bool):
        return value
    error = mismatch(what, value)
    error.position = at
    raise error


def _unary(node: Unary) -> Evaluate:
    of, at = build(node.of), node.at
    if node.operator == "!":
        return lambda environment: not _boolean(of(environment), "!", at)
    return lambda environment: _located(operators.negate, at, of(environment))


def _binary(node: Binary) -> Evaluate:
    if node.operator in ("&&", "||"):
        return _logic(node)
    act, left, right, at = operators.ARITHMETIC[node.operator], build(node.left), build(node.right), node.at
    return lambda environment: _located(act, at, left(environment), right(environment))


def _logic(node: Binary) -> Evaluate:
    """Either side may decide alone, also when the other is an error, as in CEL."""
    left, right, at, sign = build(node.left), build(node.right), node.at, node.operator
    decisive = sign == "||"

    def decide(environment: Environment) -> bool:
        try:
            if _boolean(left(environment), sign, at) is decisive:
                return decisive
        except ExpressionError as error:
            if error.code != "too_much_work" and _boolean(right(environment), sign, at) is decisive:
                return decisive
            raise
        return _boolean(right(environment), sign, at)

    return decide


def _choice(node: Choice) -> Evaluate:
    condition, then, otherwise, at = build(node.condition), build(node.then), build(node.otherwise), node.at
    return lambda environment: (
        then(environment) if _boolean(condition(environment), "?", at) else otherwise(environment)
    )


def _list(node: ListOf) -> Evaluate:
    items = [build(item) for item in node.items]
    return lambda environment: [item(environment) for item in items]


def _map(node: MapOf) -> Evaluate:
    entries = [(build(key), build(value)) for key, value in node.entries]

    def make(environment: Environment) -> dict[str, Value]:
        made: dict[str, Value] = {}
        for key, value in entries:
            name = key(environment)
            if not isinstance(name, str):
                raise mismatch("An object's key", name)
            made[name] = value(environment)
        return made

    return make


def _call(node: Call) -> Evaluate:
    known = METHODS if node.method else FUNCTIONS
    if node.name not in known:
        raise ExpressionError(
            f"There is no function {node.name!r}.{hint(node.name, known)}",
            code="no_such_function",
            position=node.at,
        )
    fewest, most, act = known[node.name]
    if not fewest <= len(node.arguments) <= most:
        given, least = len(node.arguments) - node.method, fewest - node.method
        raise ExpressionError(
            f"{node.name} takes {least} argument(s), not {given}.", code="wrong_arguments", position=node.at
        )
    arguments, at = [build(argument) for argument in node.arguments], node.at

    def call(environment: Environment) -> Value:
        values = [argument(environment) for argument in arguments]
        # What walks over a whole list or text pays for its length.
        fuel: Fuel = environment[FUEL_KEY]
        fuel.burn(sum(len(value) // 64 for value in values if isinstance(value, (str, list))))
        return _located(act, at, *values)

    return call


def _walk(node: Walk) -> Evaluate:
    over, at = build(node.over), node.at
    bodies = [build(body) for body in node.bodies]
    cost = sum(map(size_of, node.bodies))
    act = _WALKS["map_if" if node.kind == "map" and len(bodies) == 2 else node.kind]
    variable = node.variable

    def walk(environment: Environment) -> Value:
        items = over(environment)
        if isinstance(items, dict):
            items = list(items)
        if not isinstance(items, list):
            raise mismatch(node.kind, items)
        fuel: Fuel = environment[FUEL_KEY]
        depth: int = environment[DEPTH_KEY]
        if len(items) > MAX_WALKED:
            raise ExpressionError(f"The list has more than {MAX_WALKED:,} items.", code="list_too_long", position=at)
        if depth == 0:
            fuel.left += FUEL_PER_ITEM * len(items)
        fuel.burn(cost * len(items))
        return act(items, {**environment, DEPTH_KEY: depth + 1}, variable, at, *bodies)

    return walk


def _kept(items: list[Value], inner: Environment, variable: str, at: int, test: Evaluate) -> list[Value]:
    kept = []
    for item in items:
        inner[variable] = item
        if _boolean(test(inner), "A condition", at):
            kept.append(item)
    return kept


def _mapped(items: list[Value], inner: Environment, variable: str, at: int, body: Evaluate) -> list[Value]:
    if inner[DEPTH_KEY] > 1 and len(items) > MAX_LIST:
        raise ExpressionError(f"The list is longer than {MAX_LIST:,} items.", code="list_too_long", position=at)
    made = []
    for item in items:
        inner[variable] = item
        made.append(body(inner))
    return made


def _mapped_if(
    items: list[Value], inner: Environment, variable: str, at: int, test: Evaluate, body: Evaluate
) -> list[Value]:
    return _mapped(_kept(items, inner, variable, at, test), inner, variable, at, body)


def _all(items: list[Value], inner: Environment, variable: str, at: int, test: Evaluate) -> bool:
    return len(_kept(items, inner, variable, at, test)) == len(items)


def _exists(items: list[Value], inner: Environment, variable: str, at: int, test: Evaluate) -> bool:
    return bool(_kept(items, inner, variable, at, test))


def _exists_one(items: list[Value], inner: Environment, variable: str, at: int, test: Evaluate) -> bool:
    return len(_kept(items, inner, variable, at, test)) == 1


_WALKS: dict[str, Callable[..., Value]] = {
    "filter": _kept,
    "map": _mapped,
    "map_if": _mapped_if,
    "all": _all,
    "exists": _exists,
    "exists_one": _exists_one,
}

_BUILDERS: dict[type[Node], Callable[[Any], Evaluate]] = {
    Literal: _literal,
    Name: _name,
    Field: _field,
    Has: _has,
    Index: _index,
    Unary: _unary,
    Binary: _binary,
    Choice: _choice,
    ListOf: _list,
    MapOf: _map,
    Call: _call,
    Walk: _walk,
}
