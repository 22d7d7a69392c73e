"""Timestamps and durations."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from workflows.expressions.errors import ExpressionError
from workflows.expressions.functions.numbers import INT
from workflows.expressions.functions.registry import define, method, operator
from workflows.expressions.limits import Evaluation
from workflows.expressions.schema import Schema

TIMESTAMP = Schema("timestamp")
DURATION = Schema("duration")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[-+]\d\d:\d\d)?)?", re.ASCII)
_DURATION = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)(d|h|ms|us|ns|m|s)")
_LONGEST_DURATION = 100
_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_OFFSET = re.compile(r"([-+])([01][0-9]|2[0-3]):([0-5][0-9])")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_ZONE_UNITS = 200  # a zone is read from disk
_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _too_far() -> ExpressionError:
    return ExpressionError("out_of_range", "The time is out of range: years go from 1 to 9999.")


@define(
    "timestamp", "timestamp", gives=TIMESTAMP, about='A moment, as in timestamp("2026-05-01T09:30:00Z") or of a date.'
)
def timestamp_of_timestamp(evaluation: Evaluation, value: datetime) -> datetime:
    return value


@define("timestamp", "text", gives=TIMESTAMP)
def timestamp_of_text(evaluation: Evaluation, text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text.upper()) if _TIMESTAMP.fullmatch(text) else None
    except ValueError:
        value = None
    if value is None:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        message = f"{shown!r} is no timestamp. Write it as 2026-05-01T09:30:00Z, or 2026-05-01 for a day."
        raise ExpressionError("bad_conversion", message)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


@define("timestamp", "whole number", gives=TIMESTAMP)
def timestamp_of_seconds(evaluation: Evaluation, seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise _too_far() from None


@define(
    "duration",
    "duration",
    gives=DURATION,
    about='A length of time, as in duration("36h"); units are d, h, m, s and ms.',
)
def duration_of_duration(evaluation: Evaluation, value: timedelta) -> timedelta:
    return value


@define("duration", "text", gives=DURATION)
def duration_of_text(evaluation: Evaluation, text: str) -> timedelta:
    digits = text.removeprefix("-")
    parts = _DURATION.findall(digits) if len(text) <= _LONGEST_DURATION else []
    if not parts or "".join(number + unit for number, unit in parts) != digits:
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        message = f"{shown!r} is no duration. Write it as 36h, 1h30m or 14d."
        raise ExpressionError("bad_conversion", message)
    try:
        length = timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))
    except OverflowError:
        raise _too_far() from None
    return -length if text.startswith("-") else length


@operator("+", "timestamp", "duration", gives=TIMESTAMP)
@operator("+", "duration", "timestamp", gives=TIMESTAMP)
@operator("+", "duration", "duration", gives=DURATION)
def add(evaluation: Evaluation, a: Any, b: Any) -> Any:
    try:
        return a + b
    except OverflowError:
        raise _too_far() from None


@operator("-", "timestamp", "duration", gives=TIMESTAMP)
@operator("-", "timestamp", "timestamp", gives=DURATION)
@operator("-", "duration", "duration", gives=DURATION)
def subtract(evaluation: Evaluation, a: Any, b: Any) -> Any:
    try:
        return a - b
    except OverflowError:
        raise _too_far() from None
    except TypeError:
        message = "One of these timestamps has no time zone, so they can't be subtracted."
        raise ExpressionError("wrong_type", message) from None


@operator("-", "duration", gives=DURATION)
def negate(evaluation: Evaluation, a: timedelta) -> timedelta:
    try:
        return -a
    except OverflowError:
        raise _too_far() from None


def _define_accessor(name: str, about: str, read: Callable[[datetime], int]) -> None:
    @method(name, "timestamp", gives=INT, about=about)
    def in_utc(evaluation: Evaluation, value: datetime) -> int:
        return read(_moved(value, UTC))

    @method(name, "timestamp", "text", gives=INT)
    def in_zone(evaluation: Evaluation, value: datetime, zone: str) -> int:
        evaluation.spend(_ZONE_UNITS)
        return read(_moved(value, _zone(zone)))


def _moved(value: datetime, zone: tzinfo) -> datetime:
    try:
        return value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=UTC).astimezone(zone)
    except OverflowError:
        raise _too_far() from None


def _zone(name: str) -> tzinfo:
    if offset := _OFFSET.fullmatch(name):
        distance = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-distance if offset[1] == "-" else distance)
    try:
        if len(name) <= 64 and _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    message = f"{name[:64]!r} is no time zone. Write it as Europe/Amsterdam or +02:00."
    raise ExpressionError("bad_conversion", message)


def _define_length(name: str, unit: timedelta) -> None:
    @method(name, "duration", gives=INT)
    def whole_units(evaluation: Evaluation, value: timedelta) -> int:
        # Towards zero, as in CEL; `//` on its own rounds down.
        return value // unit if value >= timedelta(0) else -(-value // unit)


for _name, _about, _read in (
    ("getFullYear", "The year.", lambda at: at.year),
    ("getMonth", "The month; January is 0.", lambda at: at.month - 1),
    ("getDate", "The day of the month; the first is 1.", lambda at: at.day),
    ("getDayOfMonth", "The day of the month; the first is 0.", lambda at: at.day - 1),
    ("getDayOfWeek", "The day of the week; Sunday is 0.", lambda at: at.isoweekday() % 7),
    ("getDayOfYear", "The day of the year; the first is 0.", lambda at: at.timetuple().tm_yday - 1),
    ("getHours", "The hour; of a duration, all its hours.", lambda at: at.hour),
    ("getMinutes", "The minute; of a duration, all its minutes.", lambda at: at.minute),
    ("getSeconds", "The second; of a duration, all its seconds.", lambda at: at.second),
    ("getMilliseconds", "The thousandths of the second.", lambda at: at.microsecond // 1_000),
):
    _define_accessor(_name, _about, _read)
for _name, _unit in (("getHours", 3_600 * _SECOND), ("getMinutes", 60 * _SECOND), ("getSeconds", _SECOND)):
    _define_length(_name, _unit)


def written_timestamp(value: datetime) -> str:
    """RFC 3339 in UTC, as CEL writes it."""
    moment = _moved(value, UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


def written_duration(value: timedelta) -> str:
    """Seconds, as CEL writes it."""
    seconds, rest = divmod(abs(value), _SECOND)
    text = f"{seconds}.{rest.microseconds:06d}".rstrip("0").rstrip(".")
    return f"{'-' if value < timedelta(0) else ''}{text}s"


def unix_seconds(value: datetime) -> int:
    return (_moved(value, UTC) - _EPOCH) // _SECOND
