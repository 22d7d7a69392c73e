"""A whole config value: {"$expr": "…"} anywhere in it is an expression, and a text with {{ … }} a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from workflows.expressions.check import Path
from workflows.expressions.errors import ExpressionError, LimitError
from workflows.expressions.expression import compile_expression
from workflows.expressions.functions.times import written_duration, written_timestamp
from workflows.expressions.schema import Known
from workflows.expressions.template import compile_template, is_template

JSON = Any
EXPRESSION_KEY = "$expr"
Scope = Mapping[str, Any]
Place = tuple[str | int, ...]
_DEEPEST = 50
_NOTHING: frozenset[Path] = frozenset()


@dataclass(frozen=True)
class Binding:
    """A value that is worked out from a scope; a constant one is itself."""

    is_constant: bool
    references: frozenset[Path]
    resolve: Callable[[Scope], JSON]


def compile_value(value: JSON, *, known: Known | None = None, path: Place = ()) -> Binding:
    """Raises ExpressionError with the `path` of the first expression that is wrong."""
    if len(path) > _DEEPEST:
        error = LimitError("expression_too_deep", f"The config is nested over {_DEEPEST} levels deep.")
        raise _placed(error, path)
    if isinstance(value, dict):
        if EXPRESSION_KEY in value:
            return _expression(value, known, path)
        entries = {key: compile_value(item, known=known, path=(*path, key)) for key, item in value.items()}
        return _joined(value, list(entries.values()), lambda scope: _resolved_entries(entries, scope))
    if isinstance(value, list):
        items = [compile_value(item, known=known, path=(*path, at)) for at, item in enumerate(value)]
        return _joined(value, items, lambda scope: [item.resolve(scope) for item in items])
    if isinstance(value, str) and is_template(value):
        return _template(value, known, path)
    return _constant(value)


def _constant(value: JSON) -> Binding:
    return Binding(True, _NOTHING, lambda scope: value)


def _joined(value: JSON, parts: list[Binding], resolve: Callable[[Scope], JSON]) -> Binding:
    if all(part.is_constant for part in parts):
        return _constant(value)
    return Binding(False, _NOTHING.union(*(part.references for part in parts)), resolve)


def _resolved_entries(entries: Mapping[str, Binding], scope: Scope) -> dict[str, JSON]:
    return {key: entry.resolve(scope) for key, entry in entries.items()}


def _expression(value: dict[str, JSON], known: Known | None, path: Place) -> Binding:
    source = value[EXPRESSION_KEY]
    if len(value) != 1 or not isinstance(source, str):
        message = 'An expression is written {"$expr": "…"}, with nothing beside it.'
        raise _placed(ExpressionError("expression_syntax", message), path)
    try:
        expression = compile_expression(source, known=known)
    except ExpressionError as error:
        raise _placed(error, path) from None
    convert = as_json if expression.tells_time else _as_json_at_top
    return _bound(expression.references, lambda scope: convert(expression.evaluate(scope)), path)


def _template(text: str, known: Known | None, path: Place) -> Binding:
    try:
        template = compile_template(text, known=known)
    except ExpressionError as error:
        raise _placed(error, path) from None
    return _bound(template.references, template.render, path)


def _bound(references: frozenset[Path], read: Callable[[Scope], JSON], path: Place) -> Binding:
    def resolve(scope: Scope) -> JSON:
        try:
            return read(scope)
        except ExpressionError as error:
            raise _placed(error, path) from None
        except RecursionError:
            raise _placed(LimitError("too_large", "The value is nested too deeply."), path) from None

    return Binding(False, references, resolve)


def _placed(error: ExpressionError, path: Place) -> ExpressionError:
    error.path = path
    return error


def as_json(value: Any) -> JSON:
    """With timestamps and durations as texts."""
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return _as_json_at_top(value)


def _as_json_at_top(value: Any) -> JSON:
    """Walking through a large list takes far longer than filtering it."""
    if isinstance(value, datetime):
        return written_timestamp(value)
    if isinstance(value, timedelta):
        return written_duration(value)
    return value
