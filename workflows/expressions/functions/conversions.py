"""Conversions between numbers, text and yes or no."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal

from workflows.expressions.errors import ExpressionError
from workflows.expressions.functions.numbers import DOUBLE, INT, finite, whole
from workflows.expressions.functions.numbers import double as to_double
from workflows.expressions.functions.ordering import BOOL
from workflows.expressions.functions.registry import define
from workflows.expressions.functions.texts import TEXT
from workflows.expressions.functions.times import unix_seconds, written_duration, written_timestamp
from workflows.expressions.limits import Evaluation

_INT = re.compile(r"[-+]?[0-9]{1,19}")
_DOUBLE = re.compile(r"[-+]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][-+]?[0-9]{1,3})?")
_YES = frozenset({"true", "True", "TRUE", "t", "1"})
_NO = frozenset({"false", "False", "FALSE", "f", "0"})
_MOST_WHOLE_DIGITS = 1e15


def _not_a(what: str, text: str) -> ExpressionError:
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    return ExpressionError("bad_conversion", f"{shown!r} is not {what}.")


@define(
    "int",
    "whole number",
    gives=INT,
    about="A whole number: of a text, a decimal number (cut off) or a timestamp (its Unix seconds).",
)
def int_of_int(evaluation: Evaluation, value: int) -> int:
    return whole(value)


@define("int", "decimal number", gives=INT)
def int_of_double(evaluation: Evaluation, value: float) -> int:
    return whole(int(finite(value)))


@define("int", "text", gives=INT)
def int_of_text(evaluation: Evaluation, text: str) -> int:
    if not _INT.fullmatch(text):
        raise _not_a("a whole number", text)
    return whole(int(text))


@define("int", "timestamp", gives=INT)
def int_of_timestamp(evaluation: Evaluation, value: datetime) -> int:
    return unix_seconds(value)


@define("double", "number", gives=DOUBLE, about="A decimal number, of a whole one or a text.")
def double_of_number(evaluation: Evaluation, value: float) -> float:
    return to_double(value)


@define("double", "text", gives=DOUBLE)
def double_of_text(evaluation: Evaluation, text: str) -> float:
    if not _DOUBLE.fullmatch(text):
        raise _not_a("a number", text)
    return finite(float(text))


@define("string", "text", gives=TEXT, about="A text, of a number, yes or no, a timestamp or a duration.")
def string_of_text(evaluation: Evaluation, value: str) -> str:
    return value


@define("string", "number", gives=TEXT)
def string_of_number(evaluation: Evaluation, value: float) -> str:
    text = written_number(value)
    evaluation.make_text(len(text))
    return text


@define("string", "yes or no", gives=TEXT)
def string_of_bool(evaluation: Evaluation, value: bool) -> str:
    return "true" if value else "false"


@define("string", "timestamp", gives=TEXT)
def string_of_timestamp(evaluation: Evaluation, value: datetime) -> str:
    return written_timestamp(value)


@define("string", "duration", gives=TEXT)
def string_of_duration(evaluation: Evaluation, value: timedelta) -> str:
    return written_duration(value)


@define("bool", "yes or no", gives=BOOL, about="Yes or no, of the texts true and false.")
def bool_of_bool(evaluation: Evaluation, value: bool) -> bool:
    return value


@define("bool", "text", gives=BOOL)
def bool_of_text(evaluation: Evaluation, text: str) -> bool:
    if text not in _YES | _NO:
        raise _not_a("'true' or 'false'", text)
    return text in _YES


def written_number(value: float) -> str:
    """All digits that tell the number from its neighbours, and no needless zero."""
    if isinstance(value, int):
        return str(whole(value))
    if value.is_integer() and abs(value) < _MOST_WHOLE_DIGITS:
        return str(int(value))
    return repr(finite(value))


def shown_number(value: float) -> str:
    """A number as people write it: 15 digits, no exponent."""
    if isinstance(value, int):
        return str(whole(value))
    text = format(Decimal(f"{finite(value):.15g}"), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
