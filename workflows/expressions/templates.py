"""Text with {{ expressions }} in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from workflows.expressions.functions import to_string
from workflows.expressions.limits import MAX_TEXT, ExpressionError

OPENING, CLOSING = "{{", "}}"


@dataclass(frozen=True)
class Template:
    source: str
    parts: Sequence[str | Callable[[Mapping[str, Any]], Any]]
    references: frozenset[tuple[str, ...]]

    def render(self, scope: Mapping[str, Any]) -> str:
        text = "".join(part if isinstance(part, str) else shown(part(scope)) for part in self.parts)
        if len(text) > MAX_TEXT:
            raise ExpressionError(f"The text is longer than {MAX_TEXT:,} characters.", code="text_too_long")
        return text


def is_template(text: str) -> bool:
    return OPENING in text


def split_template(source: str) -> list[tuple[str, int, bool]]:
    """(text, position, is an expression) in order."""
    parts: list[tuple[str, int, bool]] = []
    at = 0
    while (start := source.find(OPENING, at)) >= 0:
        end = source.find(CLOSING, start)
        if end < 0:
            raise ExpressionError("A {{ is not closed by }}.", code="expression_syntax", position=start)
        parts.append((source[at:start], at, False))
        parts.append((source[start + 2 : end], start + 2, True))
        at = end + 2
    parts.append((source[at:], at, False))
    return [part for part in parts if part[0] or part[2]]


def shown(value: Any) -> str:
    """A value as people read it: nothing for null, lists joined by commas."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if isinstance(value, list) and all(not isinstance(item, (dict, list)) for item in value):
        return ", ".join(map(shown, value))
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, timedelta):
        return str(value)
    return to_string(value)
