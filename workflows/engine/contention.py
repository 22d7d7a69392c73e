"""Tells a lock that others hold from a real fault: contention passes, and is nobody's failure."""

from __future__ import annotations

import random

from django.db import DatabaseError
from psycopg2 import errorcodes

_PASSING = frozenset({errorcodes.LOCK_NOT_AVAILABLE, errorcodes.DEADLOCK_DETECTED, errorcodes.SERIALIZATION_FAILURE})


def is_contention(error: BaseException) -> bool:
    return isinstance(error, DatabaseError) and getattr(error.__cause__, "pgcode", None) in _PASSING


def pause() -> float:
    """Seconds until the next try; uneven, so that rivals do not meet again."""
    return random.uniform(0.5, 2.5)  # noqa: S311 - no secret
