"""What goes wrong in an expression, said so that its author can put it right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TypeVar

# Looking for a similar name takes quadratic time in its length.
_LONGEST_NAME, _MOST_NAMES = 60, 200


class ExpressionError(Exception):
    """`code` is stable, `position` counts characters of the source, `path` leads to the source inside a config."""

    def __init__(self, code: str, message: str | Callable[[], str], position: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.position = position
        self.path: tuple[str | int, ...] = ()
        self._message = message

    @property
    def message(self) -> str:
        # Words are made when somebody reads them: `||` and `exists` drop most errors unread.
        if not isinstance(self._message, str):
            self._message = self._message()
        return self._message

    def __str__(self) -> str:
        place = ".".join(str(part) for part in self.path)
        return f"{place}: {self.message}" if place else self.message


class LimitError(ExpressionError):
    """The expression asks for more than it may use; no operator swallows this."""


E = TypeVar("E", bound=ExpressionError)


def located(error: E, position: int) -> E:
    """The error with its position, unless a part within already gave it one."""
    if error.position is None:
        error.position = position
    return error


def did_you_mean(name: str, candidates: Iterable[object]) -> str:
    """A sentence to end a message with: the nearest name, else those there are."""
    names = [str(candidate)[:_LONGEST_NAME] for _, candidate in zip(range(_MOST_NAMES), candidates, strict=False)]
    if not names:
        return ""
    folded = {known.lower(): known for known in reversed(names)}
    if len(name) <= _LONGEST_NAME and (close := get_close_matches(name.lower(), folded, n=1)):
        return f" Did you mean {folded[close[0]]!r}?"
    more = ", …" if len(names) > 8 else ""
    return f" There is: {', '.join(names[:8])}{more}."
