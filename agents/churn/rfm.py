"""Rules for too little data to learn from: seven segments by recency, frequency and value."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

SCORES = 5


class History(NamedTuple):
    """What a customer did up to a day."""

    days_since_last: float
    times: float
    value: float


class Segment(NamedTuple):
    """A customer's scores from 1 (worst fifth) to 5, and the segment they lead to."""

    name: str
    at_risk: bool
    recency: int
    frequency: int
    value: int


def segment_customers(histories: Sequence[History]) -> list[Segment]:
    """Return the segment of each customer, judged against all of them."""
    recency = fifths([-history.days_since_last for history in histories])
    frequency = fifths([history.times for history in histories])
    value = fifths([history.value for history in histories])
    return [name_segment(*scores) for scores in zip(recency, frequency, value, strict=True)]


def fifths(values: Sequence[float]) -> list[int]:
    """Return the fifth of each value; equal values share the middle of their places."""
    ordered = sorted(values)
    middles = [(bisect_left(ordered, value) + bisect_right(ordered, value)) / 2 for value in values]
    return [min(SCORES, 1 + int(SCORES * middle / len(values))) for middle in middles]


def name_segment(recency: int, frequency: int, value: int) -> Segment:
    """Return the first segment whose rule holds."""
    worth = (frequency + value) / 2
    rules = (
        ("champion", False, recency >= 4 and worth >= 4),
        ("loyal", False, recency >= 3 and worth >= 3),
        ("new", False, recency >= 4 and frequency <= 2),
        ("promising", False, recency >= 3),
        ("cannot lose", True, worth >= 4),
        ("at risk", True, worth >= 2.5),
        ("lost", True, True),
    )
    name, at_risk, _ = next(rule for rule in rules if rule[2])
    return Segment(name, at_risk, recency, frequency, value)
