"""Proposes sums and ratios of numeric fields whose names end in the same word, such as charges."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Literal

from agents.churn.table import Field

GROUP_LIMIT = 5  # ratios grow with the square of the group
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]+")


@dataclass(frozen=True, slots=True)
class Derived:
    """A number made of other fields, named by their positions."""

    operation: Literal["sum", "ratio"]
    of: tuple[int, ...]
    typical: float = 0.0  # stands in when a part is missing or the divisor is zero


def last_word(name: str) -> str | None:
    """Return the last word of a name of several words, in the singular."""
    words = [match.group().lower() for match in WORD.finditer(name)]
    if len(words) < 2:
        return None
    last = words[-1]
    return last[:-1] if last.endswith("s") and len(last) > 3 else last


def derive(fields: Sequence[Field]) -> list[Derived]:
    """Propose one sum for each group of alike named numbers, and the ratios of each pair.

    Both ways round: a curve over total / monthly tells old customers apart, its inverse the new ones.
    """
    groups: dict[str, list[int]] = defaultdict(list)
    for position, field in enumerate(fields):
        word = last_word(field.name)
        if field.kind == "number" and word is not None:
            groups[word].append(position)
    derived: list[Derived] = []
    for group in groups.values():
        members = group[:GROUP_LIMIT]
        if len(members) > 1:
            derived.append(Derived("sum", tuple(members)))
            derived.extend(Derived("ratio", pair) for pair in permutations(members, 2))
    return derived
