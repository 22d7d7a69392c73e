"""Equality, order and membership."""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from datetime import datetime
from typing import Any

from workflows.expressions.errors import ExpressionError
from workflows.expressions.functions.registry import operator, plain
from workflows.expressions.limits import Evaluation
from workflows.expressions.schema import ANYTHING, Schema, kind_of

BOOL = Schema("yes or no")
_NUMBERS = frozenset({int, float})
# Python's own `in` is right for these, but that it takes true for 1 and false for 0.
_PLAINLY_EQUAL = frozenset({str, int, float})


def equals(evaluation: Evaluation, a: Any, b: Any) -> bool:
    """As in CEL: 1 equals 1.0, and values of other different kinds are never equal."""
    kind, other = type(a), type(b)
    if kind not in ANYTHING or other not in ANYTHING:
        return equals(evaluation, _known(a), _known(b))
    if kind is not other:
        return kind in _NUMBERS and other in _NUMBERS and bool(a == b)
    if kind is list:
        return len(a) == len(b) and _same_items(evaluation, a, b)
    if kind is dict:
        return len(a) == len(b) and _same_entries(evaluation, a, b)
    if kind is str:
        evaluation.read_text(min(len(a), len(b)))
    return bool(a == b)


def _known(value: Any) -> Any:
    known = plain(value)
    if type(known) not in ANYTHING:
        raise ExpressionError("wrong_type", f"Values of the type {kind_of(known)} can't be compared.")
    return known


def _same_items(evaluation: Evaluation, a: list[Any], b: list[Any]) -> bool:
    evaluation.spend(2 * len(a))
    return all(equals(evaluation, left, right) for left, right in zip(a, b, strict=True))


def _same_entries(evaluation: Evaluation, a: dict[str, Any], b: dict[str, Any]) -> bool:
    evaluation.spend(2 * len(a))
    return all(key in b and equals(evaluation, value, b[key]) for key, value in a.items())


@operator("in", "value", "list", gives=BOOL)
def is_item(evaluation: Evaluation, item: Any, items: list[Any]) -> bool:
    if type(item) in _PLAINLY_EQUAL and item not in (0, 1):
        evaluation.spend(len(items) // 10)
        return item in items
    evaluation.spend(len(items))
    return any(equals(evaluation, item, other) for other in items)


@operator("in", "text", "object", gives=BOOL)
def is_key(evaluation: Evaluation, key: str, container: dict[str, Any]) -> bool:
    return key in container


def _define_order(sign: str, test: Callable[[Any, Any], Any]) -> None:
    @operator(sign, "number", "number", gives=BOOL)
    @operator(sign, "yes or no", "yes or no", gives=BOOL)
    @operator(sign, "duration", "duration", gives=BOOL)
    def of_values(evaluation: Evaluation, a: Any, b: Any) -> Any:
        return test(a, b)

    @operator(sign, "text", "text", gives=BOOL)
    def of_texts(evaluation: Evaluation, a: str, b: str) -> Any:
        evaluation.read_text(min(len(a), len(b)))
        return test(a, b)

    @operator(sign, "timestamp", "timestamp", gives=BOOL)
    def of_times(evaluation: Evaluation, a: datetime, b: datetime) -> Any:
        try:
            return test(a, b)
        except TypeError:
            message = "One of these timestamps has no time zone, so they can't be compared."
            raise ExpressionError("wrong_type", message) from None


for _sign, _test in (("<", python.lt), ("<=", python.le), (">", python.gt), (">=", python.ge)):
    _define_order(_sign, _test)
