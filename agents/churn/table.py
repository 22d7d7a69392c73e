"""Finds out what each field of a table of customers is, with no list of known names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Literal

from agents.churn.values import as_flag, as_number, as_text

Row = Mapping[str, object]
Kind = Literal["number", "flag", "category"]

NUMBER_SHARE = 0.98  # a stray word in a column of numbers counts as missing
COVERED_SHARE = 0.5  # below it, most values are rare: names, addresses, remarks
CODE_DIGITS = 7  # all-different whole numbers of one such length are phone or account numbers


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a customer as the model reads it."""

    name: str
    kind: Kind
    typical: float | str  # the cohort's median, or its commonest level
    levels: tuple[str, ...] = ()
    rare: bool = False  # rare and unseen levels share a column
    missing: bool = False  # a missing value has a column of its own


@dataclass(frozen=True, slots=True)
class Dropped:
    """A field that the model leaves out, and why."""

    name: str
    reason: str


def minimum_frequency(rows: int) -> int:
    """Return how often a level must occur to have a column of its own."""
    return max(10, round(rows * 0.005))


def read_fields(rows: Sequence[Row], label: str) -> tuple[list[Field], list[Dropped]]:
    """Sort every field but the label into read and dropped ones."""
    fields: list[Field] = []
    dropped: list[Dropped] = []
    for name in field_names(rows):
        if name == label:
            continue
        found = read_field(name, [row.get(name) for row in rows])
        if isinstance(found, Field):
            fields.append(found)
        else:
            dropped.append(Dropped(name, found))
    return fields, dropped


def field_names(rows: Iterable[Row]) -> list[str]:
    """Return the names of all fields in the order of their first appearance."""
    return list(dict.fromkeys(name for row in rows for name in row))


def read_field(name: str, values: Sequence[object]) -> Field | str:
    """Return the field, or the reason to drop it."""
    if any(isinstance(value, list | tuple | dict | set) for value in values):
        return "holds lists or records"
    texts = [text for text in map(as_text, values) if text is not None]
    missing = len(values) - len(texts)
    distinct = set(texts)
    if not distinct or (len(distinct) == 1 and missing < minimum_frequency(len(values))):
        return "always the same"
    present = [value for value in values if as_text(value) is not None]
    if len(distinct) == 1:
        return category(name, texts, missing)
    if is_flag(present):
        return Field(name, "flag", commoner_truth(present), missing=missing > 0)
    numbers = [number for number in map(as_number, present) if number is not None]
    if len(numbers) >= NUMBER_SHARE * len(present):
        if is_code(numbers):
            return "a different number for every customer"
        return Field(name, "number", float(median(numbers)), missing=len(numbers) < len(values))
    if is_date(texts):
        return "a date: its distance to the day of scoring is not known"
    return category(name, texts, missing)


def commoner_truth(values: Sequence[object]) -> float:
    """Return the truth that most values have."""
    return float(sum(as_flag(value) == 1.0 for value in values) * 2 > len(values))


def is_flag(values: Sequence[object]) -> bool:
    """Tell whether every value is a word of truth and both truths occur."""
    return {as_flag(value) for value in values} == {0.0, 1.0}


def is_code(numbers: Sequence[float]) -> bool:
    """Tell whether the numbers only name their row: a counter, a phone or an account number."""
    if len(set(numbers)) < len(numbers) or any(number % 1 for number in numbers):
        return False
    lengths = {len(str(int(abs(number)))) for number in numbers}
    ordered = sorted(numbers)
    counter = ordered in (list(numbers), list(numbers)[::-1])
    dense = ordered[-1] - ordered[0] < 2 * len(numbers)
    return counter or dense or (len(lengths) == 1 and lengths.pop() >= CODE_DIGITS)


def is_date(texts: Sequence[str]) -> bool:
    """Tell whether nearly every text begins with an ISO date."""
    return sum(map(starts_with_date, texts)) >= NUMBER_SHARE * len(texts)


def starts_with_date(text: str) -> bool:
    """Tell whether a text begins with an ISO date."""
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def category(name: str, texts: Sequence[str], missing: int) -> Field | str:
    """Keep the levels that are frequent enough; drop the field when few are."""
    least = minimum_frequency(len(texts) + missing)
    counts = Counter(texts)
    levels = tuple(sorted(level for level, count in counts.items() if count >= least))
    covered = sum(counts[level] for level in levels)
    if covered < COVERED_SHARE * len(texts):
        return "free text: few values occur more than once"
    own_column = missing >= least
    rare = covered < len(texts) or (missing > 0 and not own_column)
    if len(levels) + rare + own_column < 2:
        return "always the same"
    typical = max(sorted(counts), key=counts.__getitem__)
    return Field(name, "category", typical, levels, rare, own_column)
