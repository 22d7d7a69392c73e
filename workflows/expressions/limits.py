"""What one expression may use, and the account of one evaluation that holds it to that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from workflows.expressions.errors import LimitError

LONGEST_SOURCE = 2_000
DEEPEST = 24
MOST_NODES = 400
LONGEST_TEXT = 100_000
LONGEST_PATTERN = 250
SMALLEST_INT, LARGEST_INT = -(2**63), 2**63 - 1

# One unit pays for one node evaluated once, about a tenth of a microsecond.
BASE_FUEL = 20_000
FUEL_PER_ITEM = 40
LONGEST_LIST = 10_000
# Fuel and list length grow with the largest list that is read, up to this size.
LARGEST_INPUT = 100_000

# Values in a result, counted as JSON would write them: shared parts count each time they appear.
BASE_VALUES = 100_000
VALUES_PER_ITEM = 20
CHARACTERS_PER_VALUE = 20
CHARACTERS_MADE_PER_UNIT = 20
CHARACTERS_READ_PER_UNIT = 100


class Evaluation:
    """One evaluation: what it sees, the variables of its macros, and what it may still spend."""

    __slots__ = ("fuel", "largest", "patterns", "scope", "variables")

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.scope = scope
        self.variables: list[Any] = [None] * DEEPEST
        self.fuel = BASE_FUEL
        self.largest = 0
        self.patterns: dict[str, Any] = {}

    def meet(self, size: int) -> None:
        """Work may grow with the largest list read, not with the product of two."""
        size = min(size, LARGEST_INPUT)
        if size > self.largest:
            self.fuel += FUEL_PER_ITEM * (size - self.largest)
            self.largest = size

    def spend(self, units: int) -> None:
        self.fuel -= units
        if self.fuel < 0:
            self.stop()

    def stop(self) -> NoReturn:
        raise LimitError(
            "too_much_work",
            "This takes too much work. Filter the list first, or split the work over several steps.",
        )

    def read_text(self, length: int) -> None:
        if length > CHARACTERS_READ_PER_UNIT:
            self.spend(length // CHARACTERS_READ_PER_UNIT)

    def make_text(self, length: int) -> None:
        """Call before a text of this length is made."""
        if length > LONGEST_TEXT:
            raise LimitError("too_large", f"This makes a text of over {LONGEST_TEXT:,} characters. Make it shorter.")
        self.spend(length // CHARACTERS_MADE_PER_UNIT)

    def make_list(self, length: int) -> None:
        """Call before a list of this length is made."""
        most = max(LONGEST_LIST, self.largest)
        if length > most:
            raise LimitError("too_large", f"This makes a list of over {most:,} items. Filter it first.")
        self.spend(length // 10)

    def check_result(self, result: Any) -> None:
        """Refuse a small value that is huge once written out, such as a list of lists that share their items."""
        most = BASE_VALUES + VALUES_PER_ITEM * self.largest
        values, text, waiting = 0, 0, [result]
        while waiting:
            value = waiting.pop()
            kind = type(value)
            if kind is str:
                text += len(value)
            elif kind is list or kind is dict:
                values += len(value)
                if values <= most:
                    waiting.extend(value if kind is list else value.values())
            if values > most or text > most * CHARACTERS_PER_VALUE:
                raise LimitError("too_large", "The result is too large. Keep only the fields that are needed.")
