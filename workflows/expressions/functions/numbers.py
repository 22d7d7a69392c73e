"""Arithmetic on numbers: whole ones keep to 64 bits, and no result is infinite or not a number."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

from workflows.expressions.errors import ExpressionError
from workflows.expressions.functions.registry import define, operator
from workflows.expressions.limits import LARGEST_INT, SMALLEST_INT, Evaluation
from workflows.expressions.schema import Schema

INT = Schema("whole number")
DOUBLE = Schema("decimal number")
NUMBER = Schema("number")
_MOST_DIGITS = 15
_INT, _FLOAT = "whole number", "decimal number"


def whole(value: int) -> int:
    if SMALLEST_INT <= value <= LARGEST_INT:
        return value
    message = "The whole number gets too large (over 64 bits). Use double(…) for large numbers."
    raise ExpressionError("number_too_large", message)


def finite(value: float) -> float:
    if math.isfinite(value):
        return value
    raise ExpressionError("number_too_large", "The number gets too large to be worked with.")


@operator("+", _INT, _INT, gives=INT)
def add(evaluation: Evaluation, a: int, b: int) -> int:
    return whole(a + b)


@operator("-", _INT, _INT, gives=INT)
def subtract(evaluation: Evaluation, a: int, b: int) -> int:
    return whole(a - b)


@operator("*", _INT, _INT, gives=INT)
def multiply(evaluation: Evaluation, a: int, b: int) -> int:
    return whole(a * b)


@operator("/", _INT, _INT, gives=INT)
def divide(evaluation: Evaluation, a: int, b: int) -> int:
    """To a whole number, towards zero, as in CEL."""
    if b == 0:
        raise _division_by_zero()
    quotient = abs(a) // abs(b)
    return whole(quotient if (a < 0) == (b < 0) else -quotient)


@operator("%", _INT, _INT, gives=INT)
def remainder(evaluation: Evaluation, a: int, b: int) -> int:
    """With the sign of the first, as in CEL."""
    if b == 0:
        raise _division_by_zero()
    return whole(abs(a) % abs(b) * (-1 if a < 0 else 1))


@operator("-", _INT, gives=INT)
def negate(evaluation: Evaluation, a: int) -> int:
    return whole(-a)


@operator("-", _FLOAT, gives=DOUBLE)
def negate_double(evaluation: Evaluation, a: float) -> float:
    return -a


# Data says 20 as often as 20.0, so unlike CEL whole and decimal numbers mix.
@operator("+", _FLOAT, "number", gives=DOUBLE)
@operator("+", _INT, _FLOAT, gives=DOUBLE)
def add_doubles(evaluation: Evaluation, a: float, b: float) -> float:
    return finite(double(a) + double(b))


@operator("-", _FLOAT, "number", gives=DOUBLE)
@operator("-", _INT, _FLOAT, gives=DOUBLE)
def subtract_doubles(evaluation: Evaluation, a: float, b: float) -> float:
    return finite(double(a) - double(b))


@operator("*", _FLOAT, "number", gives=DOUBLE)
@operator("*", _INT, _FLOAT, gives=DOUBLE)
def multiply_doubles(evaluation: Evaluation, a: float, b: float) -> float:
    return finite(double(a) * double(b))


@operator("/", _FLOAT, "number", gives=DOUBLE)
@operator("/", _INT, _FLOAT, gives=DOUBLE)
def divide_doubles(evaluation: Evaluation, a: float, b: float) -> float:
    if b == 0:
        raise _division_by_zero()
    return finite(double(a) / double(b))


def double(value: float) -> float:
    """Data may hold whole numbers that no float can."""
    try:
        return float(value)
    except OverflowError:
        raise ExpressionError("number_too_large", "The number is too large to be worked with.") from None


def _division_by_zero() -> ExpressionError:
    return ExpressionError("division_by_zero", "This divides by zero. Test the divisor first: n == 0 ? 0 : a / n.")


@define("abs", _INT, gives=INT, about="Without its sign.")
def absolute(evaluation: Evaluation, a: int) -> int:
    return whole(abs(a))


@define("abs", _FLOAT, gives=DOUBLE)
def absolute_double(evaluation: Evaluation, a: float) -> float:
    return abs(a)


@define("floor", "number", gives=INT, about="The next whole number below.")
def floor(evaluation: Evaluation, a: float) -> int:
    return whole(math.floor(finite(double(a))))


@define("ceil", "number", gives=INT, about="The next whole number above.")
def ceil(evaluation: Evaluation, a: float) -> int:
    return whole(math.ceil(finite(double(a))))


@define("round", _INT, gives=INT, about="The nearest whole number; half goes away from zero.")
def round_int(evaluation: Evaluation, a: int) -> int:
    return whole(a)


@define("round", _FLOAT, gives=INT)
def round_double(evaluation: Evaluation, a: float) -> int:
    return whole(int(_rounded(a, 0)))


@define("round", "number", _INT, gives=DOUBLE)
def round_to(evaluation: Evaluation, a: float, digits: int) -> float:
    if not 0 <= digits <= _MOST_DIGITS:
        raise ExpressionError("out_of_range", f"round() keeps from 0 to {_MOST_DIGITS} digits.")
    return float(_rounded(double(a), digits))


def _rounded(value: float, digits: int) -> Decimal:
    """Half up on the digits a person sees: 2.675 is 2.68, though its float lies just below."""
    number = Decimal(repr(finite(value)))
    if number.adjusted() > 20:
        return number
    return number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
