"""The functions and methods of expressions, each told how many arguments it takes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import re2

from workflows.expressions.limits import MAX_LIST, MAX_TEXT, ExpressionError
from workflows.expressions.operators import Value, bounded, compare, is_number, mismatch

MAX_PATTERN = 500
_DURATION = re.compile(r"([-+]?\d+(?:\.\d+)?)(h|ms|m|s|d)")
_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def _text(value: Value, what: str) -> str:
    if not isinstance(value, str):
        raise mismatch(what, value)
    return value


def _number(value: Value, what: str) -> Any:
    if not is_number(value):
        raise mismatch(what, value)
    return value


def size(value: Value) -> int:
    if isinstance(value, (str, list, dict)):
        return len(value)
    raise mismatch("size", value)


def to_int(value: Value) -> int:
    try:
        if isinstance(value, datetime):
            return int(value.timestamp())
        if is_number(value) or (isinstance(value, str) and len(value) <= 20):
            return int(bounded(int(value)))
    except (ValueError, OverflowError) as error:
        raise ExpressionError(f"{str(value)[:40]!r} is not a whole number.", code="bad_conversion") from error
    raise mismatch("int", value)


def to_double(value: Value) -> float:
    try:
        if is_number(value) or isinstance(value, str):
            return float(bounded(float(value)))
    except (ValueError, OverflowError) as error:
        raise ExpressionError(f"{str(value)[:40]!r} is not a number.", code="bad_conversion") from error
    raise mismatch("double", value)


def to_string(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    raise mismatch("string", value)


def to_bool(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise mismatch("bool", value)


def timestamp(value: Value) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(_text(value, "timestamp"))
    except ValueError as error:
        message = f"{str(value)[:40]!r} is not a time such as 2026-05-01T09:30:00Z."
        raise ExpressionError(message, code="bad_conversion") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def duration(value: Value) -> timedelta:
    """"36h", "1h30m", "2d"."""
    text = _text(value, "duration")
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text or len(text) > 40:
        raise ExpressionError(f"{text[:40]!r} is not a duration such as 36h or 1h30m.", code="bad_conversion")
    try:
        return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
    except OverflowError as error:
        raise ExpressionError("The duration is too long.", code="time_out_of_range") from error


def total(values: Value) -> Value:
    if not isinstance(values, list) or not all(map(is_number, values)):
        raise mismatch("sum", values)
    return bounded(sum(values))


def _extreme(sign: int, name: str) -> Callable[..., Value]:
    def choose(*values: Value) -> Value:
        found = values[0] if len(values) == 1 else list(values)
        if not isinstance(found, list) or not found:
            raise ExpressionError(f"{name} needs a list with at least one item.", code="wrong_type")
        best = found[0]
        for value in found[1:]:
            best = value if compare(value, best) == sign else best
        return best

    return choose


def rounded(value: Value, digits: Value = 0) -> Value:
    if isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= 10:
        raise ExpressionError("round takes up to 10 digits.", code="wrong_type")
    result = round(_number(value, "round"), digits)
    return result if digits else int(result)


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise ExpressionError(f"A pattern has at most {MAX_PATTERN} characters.", code="bad_pattern")
    options = re2.Options()
    options.max_mem = 1 << 20
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        raise ExpressionError(f"The pattern can't be read: {error}.", code="bad_pattern") from error


def matches(text: Value, pattern: Value) -> bool:
    """RE2: no pattern can take more than linear time."""
    return _pattern(_text(pattern, "matches")).search(_text(text, "matches")) is not None


def split(text: Value, separator: Value) -> list[str]:
    by = _text(separator, "split")
    text = _text(text, "split")
    if (len(text) if not by else text.count(by)) >= MAX_LIST:
        raise ExpressionError(f"split makes at most {MAX_LIST:,} parts.", code="list_too_long")
    return text.split(by) if by else list(text)


def join(items: Value, separator: Value = "") -> str:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise mismatch("join", items)
    by = _text(separator, "join")
    if sum(map(len, items)) + len(by) * len(items) > MAX_TEXT:
        raise ExpressionError("The joined text is too long.", code="text_too_long")
    return by.join(items)


def replace(text: Value, old: Value, new: Value) -> str:
    text, old, new = _text(text, "replace"), _text(old, "replace"), _text(new, "replace")
    if len(text) + text.count(old) * len(new) > MAX_TEXT:
        raise ExpressionError("The text would be too long.", code="text_too_long")
    return text.replace(old, new)


def substring(text: Value, start: Value, end: Value = None) -> str:
    text = _text(text, "substring")
    end = len(text) if end is None else end
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start <= end <= len(text)):
        raise ExpressionError("substring reaches outside the text.", code="no_such_item")
    return text[start:end]


def _of_text(name: str, act: Callable[..., Value]) -> Callable[..., Value]:
    return lambda *values: act(*(_text(value, name) for value in values))


def _part(name: str, of_time: Callable[[datetime], int], of_duration: float | None = None) -> Callable[[Value], int]:
    def read(value: Value) -> int:
        if isinstance(value, datetime):
            return of_time(value)
        if isinstance(value, timedelta) and of_duration:
            return int(value.total_seconds() / of_duration)
        raise mismatch(name, value)

    return read


Function = Callable[..., Value]
# name -> (fewest arguments, most arguments, function)
FUNCTIONS: Mapping[str, tuple[int, int, Function]] = {
    "size": (1, 1, size),
    "int": (1, 1, to_int),
    "double": (1, 1, to_double),
    "string": (1, 1, to_string),
    "bool": (1, 1, to_bool),
    "timestamp": (1, 1, timestamp),
    "duration": (1, 1, duration),
    "sum": (1, 1, total),
    "min": (1, 20, _extreme(-1, "min")),
    "max": (1, 20, _extreme(1, "max")),
    "round": (1, 2, rounded),
    "abs": (1, 1, lambda value: bounded(abs(_number(value, "abs")))),
    "floor": (1, 1, lambda value: math.floor(_number(value, "floor"))),
    "ceil": (1, 1, lambda value: math.ceil(_number(value, "ceil"))),
}
# The first argument is what stands before the dot.
METHODS: Mapping[str, tuple[int, int, Function]] = {
    "size": (1, 1, size),
    "contains": (2, 2, _of_text("contains", lambda text, part: part in text)),
    "startsWith": (2, 2, _of_text("startsWith", str.startswith)),
    "endsWith": (2, 2, _of_text("endsWith", str.endswith)),
    "matches": (2, 2, matches),
    "lowerAscii": (1, 1, _of_text("lowerAscii", str.lower)),
    "upperAscii": (1, 1, _of_text("upperAscii", str.upper)),
    "trim": (1, 1, _of_text("trim", str.strip)),
    "split": (2, 2, split),
    "join": (1, 2, join),
    "replace": (3, 3, replace),
    "substring": (2, 3, substring),
    "getFullYear": (1, 1, _part("getFullYear", lambda at: at.year)),
    "getMonth": (1, 1, _part("getMonth", lambda at: at.month - 1)),
    "getDate": (1, 1, _part("getDate", lambda at: at.day)),
    "getDayOfMonth": (1, 1, _part("getDayOfMonth", lambda at: at.day - 1)),
    "getDayOfWeek": (1, 1, _part("getDayOfWeek", lambda at: at.isoweekday() % 7)),
    "getHours": (1, 1, _part("getHours", lambda at: at.hour, 3_600)),
    "getMinutes": (1, 1, _part("getMinutes", lambda at: at.minute, 60)),
    "getSeconds": (1, 1, _part("getSeconds", lambda at: at.second, 1)),
}
