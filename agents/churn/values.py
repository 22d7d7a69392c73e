"""Reads one raw value, whether a CSV cell or a typed field of a customer holds it."""

from __future__ import annotations

import math
from decimal import Decimal

MISSING_WORDS = frozenset({"", "na", "n/a", "nan", "null", "?", "-"})
TRUTH_WORDS = {
    **dict.fromkeys(("yes", "true", "y", "t", "1", "on"), 1.0),
    **dict.fromkeys(("no", "false", "n", "f", "0", "off"), 0.0),
}


def as_text(value: object) -> str | None:
    """Return the value as a category's level; None when it is missing."""
    if isinstance(value, str):
        text = value.strip()
        return None if text.lower() in MISSING_WORDS else text
    if value is None:
        return None
    if isinstance(value, float | Decimal):
        if as_number(value) is None:
            return None
        return str(int(value)) if value == int(value) else str(value)
    return str(value)


def as_number(value: object) -> float | None:
    """Return the value as a finite number, else None."""
    if isinstance(value, str):
        if "_" in value:  # float() takes "1_000", which no CSV means as a number
            return None
    elif not isinstance(value, int | float | Decimal):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def as_flag(value: object) -> float | None:
    """Return 1.0 or 0.0 for a word or number of truth, else None."""
    if isinstance(value, str):
        flag = TRUTH_WORDS.get(value.strip().lower())
        if flag is not None:
            return flag
    number = as_number(value)
    return number if number in (0.0, 1.0) else None
