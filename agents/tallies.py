"""Tallies that can be added up as they come: times by size, and spans during which something ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, zip_longest

# Each size is √2 times the one before: a quantile is off by a fifth at most, between 0.25 ms and 70 minutes.
SMALLEST, SIZES = 0.00025, 48
MOST_SPANS = 400
Span = list[int]


def size_of(seconds: float) -> int:
    """The SQL in services/figures.py says the same."""
    size = 0
    while size < SIZES - 1 and seconds > largest(size):
        size += 1
    return size


def largest(size: int) -> float:
    return SMALLEST * float(2 ** (size / 2))


def add(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [left + right for left, right in zip_longest(one, other, fillvalue=0)]


def quantile(counts: Sequence[int], share: float) -> float | None:
    """A time that this share does not exceed; None where nothing was counted."""
    total = sum(counts)
    if not total:
        return None
    seen = 0
    for size, count in enumerate(counts):
        seen += count
        if seen >= share * total:
            return largest(size)
    return largest(len(counts) - 1)


def union(spans: Iterable[Sequence[int]]) -> list[Span]:
    """Spans without overlaps; where they are too many the smallest gaps are closed."""
    merged: list[Span] = []
    for begin, end in sorted((one[0], one[1]) for one in spans):
        if merged and begin <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([begin, end])
    if len(merged) <= MOST_SPANS:
        return merged
    gaps = sorted(after[0] - before[1] for before, after in pairwise(merged))
    closed = gaps[len(merged) - MOST_SPANS - 1]
    kept: list[Span] = [merged[0]]
    for span in merged[1:]:
        if span[0] - kept[-1][1] <= closed:
            kept[-1][1] = span[1]
        else:
            kept.append(span)
    return kept


def length(spans: Iterable[Sequence[int]]) -> int:
    return sum(end - begin for begin, end in spans)
