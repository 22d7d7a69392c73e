"""The bounds of an expression, and the error that tells which was crossed."""

from __future__ import annotations

MAX_SOURCE = 2_000  # characters
MAX_DEPTH = 24
MAX_NODES = 400
FUEL = 20_000  # steps of work
FUEL_PER_ITEM = 40  # granted for each item of a list that is walked at the top
MAX_TEXT = 100_000  # characters
MAX_LIST = 10_000  # items built by the expression itself
MAX_WALKED = 100_000  # items of a list from the scope
MAX_INT = 2**63 - 1


class ExpressionError(Exception):
    """What is wrong, where (a position in the source, from 0), and what to do."""

    def __init__(self, message: str, *, code: str = "expression_invalid", position: int | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.position = message, code, position


class Fuel:
    """The work that one evaluation may still do."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = FUEL

    def burn(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise ExpressionError("The expression takes too much work. Make it simpler.", code="too_much_work")
