"""Functions of lists and objects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from workflows.expressions.errors import ExpressionError
from workflows.expressions.functions.numbers import INT, NUMBER, finite, whole
from workflows.expressions.functions.registry import FUNCTIONS, call, define, operator
from workflows.expressions.limits import Evaluation
from workflows.expressions.schema import Schema, dyn, kind_of
from workflows.expressions.syntax import Style

_BOTH = (Style.FUNCTION, Style.METHOD)
_EXACT = frozenset({int, float})


def _element(arguments: Sequence[Schema]) -> Schema:
    return (arguments[0].element or dyn) if arguments[0].kind == "list" else dyn


def _of_both(arguments: Sequence[Schema]) -> Schema:
    same = arguments[0] == arguments[1]
    return arguments[0] if same else Schema("list")


def _wider(arguments: Sequence[Schema]) -> Schema:
    return arguments[0] if arguments[0] == arguments[1] else NUMBER


@define("size", "text", gives=INT, styles=_BOTH, about="How many characters, items or fields.")
@define("size", "list", gives=INT, styles=_BOTH)
@define("size", "object", gives=INT, styles=_BOTH)
def size(evaluation: Evaluation, value: Any) -> int:
    return len(value)


@operator("+", "list", "list", gives=_of_both)
def concatenate(evaluation: Evaluation, a: list[Any], b: list[Any]) -> list[Any]:
    evaluation.make_list(len(a) + len(b))
    return a + b


@define("sum", "list", gives=NUMBER, styles=_BOTH, about="The numbers of a list added up; 0 for an empty one.")
def total(evaluation: Evaluation, items: list[Any]) -> int | float:
    evaluation.spend(len(items))
    kinds = set(map(type, items))
    if not kinds <= _EXACT:
        wrong = next(item for item in items if type(item) not in _EXACT)
        message = f"sum() adds numbers, and this list has {kind_of(wrong)} in it. Filter or convert its items first."
        raise ExpressionError("wrong_type", message)
    if float not in kinds:
        return whole(sum(items))
    try:
        return finite(math.fsum(items))
    except OverflowError:
        return finite(math.inf)


@define("min", "list", gives=_element, styles=_BOTH, about="The smallest of a list, or of two numbers.")
def smallest(evaluation: Evaluation, items: list[Any]) -> Any:
    return _extreme(evaluation, "min", "<", items)


@define("max", "list", gives=_element, styles=_BOTH, about="The largest of a list, or of two numbers.")
def largest(evaluation: Evaluation, items: list[Any]) -> Any:
    return _extreme(evaluation, "max", ">", items)


@define("min", "number", "number", gives=_wider)
def smaller(evaluation: Evaluation, a: float, b: float) -> float:
    return min(a, b)


@define("max", "number", "number", gives=_wider)
def larger(evaluation: Evaluation, a: float, b: float) -> float:
    return max(a, b)


def _extreme(evaluation: Evaluation, name: str, sign: str, items: list[Any]) -> Any:
    if not items:
        message = f"{name}() needs at least one item. Test size(list) first."
        raise ExpressionError("no_such_item", message)
    evaluation.spend(len(items))
    if set(map(type, items)) <= _EXACT:
        return (min if sign == "<" else max)(items)
    before = FUNCTIONS[Style.OPERATOR, sign]
    best = items[0]
    call(evaluation, before, (best, best))
    for item in items[1:]:
        if call(evaluation, before, (item, best)):
            best = item
    return best
