"""What the operators do with plain values; anything else is an error, never a guess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from workflows.expressions.limits import MAX_INT, MAX_LIST, MAX_TEXT, ExpressionError

Value = Any


def kind_of(value: Value) -> str:
    if value is None:
        return "null"
    names = ((bool, "yes or no"), ((int, float), "number"), (str, "text"), (list, "list"), (dict, "object"))
    return next((name for kinds, name in names if isinstance(value, kinds)), "time")


def is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def mismatch(what: str, *values: Value) -> ExpressionError:
    kinds = " and ".join(kind_of(value) for value in values)
    return ExpressionError(f"{what} does not work on {kinds}.", code="wrong_type")


def bounded(value: Value) -> Value:
    """The value, if it is not larger than an expression may make one."""
    if isinstance(value, int) and not isinstance(value, bool) and not -MAX_INT - 1 <= value <= MAX_INT:
        raise ExpressionError("The number is too large for 64 bits.", code="number_too_large")
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise ExpressionError("The result is not a number.", code="number_too_large")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ExpressionError(f"The text is longer than {MAX_TEXT:,} characters.", code="text_too_long")
    if isinstance(value, list) and len(value) > MAX_LIST:
        raise ExpressionError(f"The list is longer than {MAX_LIST:,} items.", code="list_too_long")
    return value


def add(left: Value, right: Value) -> Value:
    if is_number(left) and is_number(right):
        return bounded(left + right)
    if isinstance(left, str) and isinstance(right, str):
        _room(len(left) + len(right), MAX_TEXT, "text")
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        _room(len(left) + len(right), MAX_LIST, "list")
        return left + right
    if isinstance(left, timedelta) and isinstance(right, (timedelta, datetime)):
        return _in_time(lambda: left + right)
    if isinstance(left, datetime) and isinstance(right, timedelta):
        return _in_time(lambda: left + right)
    raise mismatch("+", left, right)


def _room(size: int, most: int, what: str) -> None:
    if size > most:
        raise ExpressionError(f"The {what} would be longer than {most:,}.", code=f"{what}_too_long")


def subtract(left: Value, right: Value) -> Value:
    if is_number(left) and is_number(right):
        return bounded(left - right)
    if isinstance(left, datetime) and isinstance(right, (datetime, timedelta)):
        return _in_time(lambda: left - right)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return _in_time(lambda: left - right)
    raise mismatch("-", left, right)


def _in_time(calculate: Callable[[], Value]) -> Value:
    try:
        return calculate()
    except (OverflowError, TypeError) as error:
        raise ExpressionError(f"The time can't be worked out: {error}.", code="time_out_of_range") from error


def multiply(left: Value, right: Value) -> Value:
    if is_number(left) and is_number(right):
        return _float_safe(lambda: left * right)
    raise mismatch("*", left, right)


def divide(left: Value, right: Value) -> Value:
    """Whole numbers divide to a whole number, towards zero, as in CEL; write 5.0 for a fraction."""
    _check_division("/", left, right)
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return bounded(quotient if (left < 0) == (right < 0) else -quotient)
    return _float_safe(lambda: left / right)


def remainder(left: Value, right: Value) -> Value:
    _check_division("%", left, right)
    if isinstance(left, int) and isinstance(right, int):
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    raise mismatch("%", left, right)


def _check_division(sign: str, left: Value, right: Value) -> None:
    if not (is_number(left) and is_number(right)):
        raise mismatch(sign, left, right)
    if right == 0:
        raise ExpressionError("Division by zero.", code="division_by_zero")


def _float_safe(calculate: Callable[[], Value]) -> Value:
    try:
        return bounded(calculate())
    except OverflowError as error:
        raise ExpressionError("The number is too large.", code="number_too_large") from error


def negate(value: Value) -> Value:
    if is_number(value):
        return bounded(-value)
    if isinstance(value, timedelta):
        return _in_time(lambda: -value)
    raise mismatch("-", value)


def equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, datetime) and isinstance(right, datetime):
        return compare(left, right) == 0
    return bool(left == right)


def compare(left: Value, right: Value) -> int:
    comparable = (
        (is_number(left) and is_number(right))
        or (isinstance(left, str) and isinstance(right, str))
        or (isinstance(left, bool) and isinstance(right, bool))
        or (isinstance(left, timedelta) and isinstance(right, timedelta))
        or (isinstance(left, datetime) and isinstance(right, datetime))
    )
    if not comparable:
        raise mismatch("Comparing", left, right)
    return int(_in_time(lambda: (left > right) - (left < right)))


def contained(item: Value, container: Value) -> bool:
    if isinstance(container, dict):
        return isinstance(item, str) and item in container
    if isinstance(container, list):
        return any(equal(item, other) for other in container)
    raise mismatch("in", item, container)


def field(of: Value, name: str) -> Value:
    if not isinstance(of, dict):
        raise ExpressionError(f"{kind_of(of)} has no field {name!r}.".capitalize(), code="no_such_field")
    if name not in of:
        raise ExpressionError(f"There is no field {name!r}.{hint(name, of)}", code="no_such_field")
    return of[name]


def hint(name: str, known: Any) -> str:
    close = get_close_matches(name, [str(key) for key in list(known)[:200]], n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def index(of: Value, at: Value) -> Value:
    if isinstance(of, dict) and isinstance(at, str):
        return field(of, at)
    if isinstance(of, list) and isinstance(at, int) and not isinstance(at, bool):
        if 0 <= at < len(of):
            return of[at]
        raise ExpressionError(f"The list has {len(of)} items; there is none at {at}.", code="no_such_item")
    raise mismatch("[ ]", of, at)


ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "%": remainder, "in": contained, "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": lambda left, right: compare(left, right) < 0,
    "<=": lambda left, right: compare(left, right) <= 0,
    ">": lambda left, right: compare(left, right) > 0,
    ">=": lambda left, right: compare(left, right) >= 0,
}  # fmt: skip
