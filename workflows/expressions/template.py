"""Text with {{ expressions }} in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workflows.expressions.check import Path
from workflows.expressions.errors import ExpressionError, LimitError
from workflows.expressions.expression import Expression, compile_expression
from workflows.expressions.functions.conversions import shown_number
from workflows.expressions.functions.registry import plain
from workflows.expressions.functions.times import written_duration, written_timestamp
from workflows.expressions.limits import LONGEST_TEXT
from workflows.expressions.parser import Parser
from workflows.expressions.schema import Known, kind_of

_OPEN, _CLOSE = "{{", "}}"
MOST_EXPRESSIONS = 100


@dataclass(frozen=True)
class Template:
    source: str
    references: frozenset[Path]
    parts: tuple[str | tuple[Expression, int], ...]  # an expression with where it begins

    def render(self, scope: Mapping[str, Any]) -> str:
        """The text; escaping it is up to what it is written into."""
        return _together(part if isinstance(part, str) else _rendered(*part, scope) for part in self.parts)


def is_template(text: str) -> bool:
    return _OPEN in text


def compile_template(source: str, *, known: Known | None = None) -> Template:
    if len(source) > LONGEST_TEXT:
        raise LimitError("too_large", f"A text has at most {LONGEST_TEXT:,} characters.", LONGEST_TEXT)
    parts: list[str | tuple[Expression, int]] = []
    references: set[Path] = set()
    at = count = 0
    while (start := source.find(_OPEN, at)) >= 0:
        count += 1
        if count > MOST_EXPRESSIONS:
            message = f"A text holds at most {MOST_EXPRESSIONS} expressions. Make parts of it in a step before."
            raise LimitError("expression_too_long", message, start)
        end = _end(source, start + len(_OPEN))
        expression = _compiled(source[start + len(_OPEN) : end], start + len(_OPEN), known)
        parts.extend([source[at:start], (expression, start + len(_OPEN))])
        references |= expression.references
        at = end + len(_CLOSE)
    parts.append(source[at:])
    return Template(source, frozenset(references), tuple(part for part in parts if part))


def _end(source: str, start: int) -> int:
    """Where the expression is closed; braces of objects and in texts are its own."""
    parser = Parser(source, start)
    if parser.token.kind == "}":
        raise ExpressionError("expression_syntax", "Write an expression between {{ and }}.", start)
    parser.parse()
    end = parser.token.position
    if parser.token.kind == "end":
        message = "This {{ is not closed. Write }} after the expression."
        raise ExpressionError("expression_syntax", message, start - len(_OPEN))
    if not source.startswith(_CLOSE, end):
        parser.unexpected()
    return end


def _compiled(source: str, start: int, known: Known | None) -> Expression:
    try:
        return compile_expression(source, known=known)
    except ExpressionError as error:
        raise _moved(error, start) from None


def _rendered(expression: Expression, start: int, scope: Mapping[str, Any]) -> str:
    try:
        return shown(expression.evaluate(scope))
    except ExpressionError as error:
        raise _moved(error, start) from None
    except RecursionError:
        raise LimitError("too_large", "The value is nested too deeply to be written.", start) from None


def _moved(error: ExpressionError, start: int) -> ExpressionError:
    if error.position is not None:
        error.position += start
    return error


def shown(value: Any) -> str:
    """A value as people read it: nothing for null, lists joined by commas."""
    value = plain(value)
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return _together((shown(item) for item in value), ", ")
    if isinstance(value, list | dict):
        return _together(json.JSONEncoder(ensure_ascii=False, default=shown).iterencode(value))
    write = _WRITERS.get(type(value))
    if write is None:
        raise ExpressionError("wrong_type", f"Values of the type {kind_of(value)} can't be written in a text.")
    return write(value)


def _together(pieces: Iterable[str], separator: str = "") -> str:
    """The pieces joined; a large value is given up early."""
    kept: list[str] = []
    room = LONGEST_TEXT
    for piece in pieces:
        room -= len(piece) + len(separator)
        if room < 0:
            raise LimitError("too_large", f"The text gets over {LONGEST_TEXT:,} characters. Make it shorter.")
        kept.append(piece)
    return separator.join(kept)


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda value: "",
    bool: lambda value: "true" if value else "false",
    str: str,
    int: shown_number,
    float: shown_number,
    datetime: written_timestamp,
    timedelta: written_duration,
}
