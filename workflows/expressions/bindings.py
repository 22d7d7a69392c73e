"""A step's config with its expressions: {"$expr": "…"} anywhere, and {{ … }} in any text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.expressions import ExpressionError, Names, compile_expression, compile_template, is_template

JSON = Any
EXPRESSION_KEY = "$expr"
Scope = Mapping[str, Any]
_NOTHING: frozenset[tuple[str, ...]] = frozenset()


class BindingError(ExpressionError):
    """An expression's error with the path of the config field that it stands in."""

    def __init__(self, error: ExpressionError, path: tuple[str, ...]) -> None:
        place = ".".join(path)
        super().__init__(f"{place}: {error.message}" if place else error.message, code=error.code, position=error.position)
        self.path = path


@dataclass(frozen=True)
class Binding:
    """A value that is worked out from a scope; a constant one is itself."""

    is_constant: bool
    references: frozenset[tuple[str, ...]]
    resolve: Callable[[Scope], JSON]


def is_expression(value: JSON) -> bool:
    return isinstance(value, dict) and set(value) == {EXPRESSION_KEY}


def compile_value(value: JSON, *, known: Names | None = None, path: tuple[str, ...] = ()) -> Binding:
    """Compiles what is in the value; raises BindingError for the first expression that is wrong."""
    if isinstance(value, dict) and EXPRESSION_KEY in value:
        return _expression(value, known, path)
    if isinstance(value, str) and is_template(value):
        return _bound(path, lambda: compile_template(value, known=known), lambda made: made.render)
    if isinstance(value, dict):
        return _object({key: compile_value(item, known=known, path=(*path, key)) for key, item in value.items()}, value)
    if isinstance(value, list):
        items = [compile_value(item, known=known, path=(*path, str(at))) for at, item in enumerate(value)]
        return _list(items, value)
    return Binding(True, _NOTHING, lambda scope: value)


def _expression(value: dict[str, JSON], known: Names | None, path: tuple[str, ...]) -> Binding:
    source = value[EXPRESSION_KEY]
    if len(value) != 1 or not isinstance(source, str):
        error = ExpressionError('An expression is written {"$expr": "…"} with nothing beside it.')
        raise BindingError(error, path)
    return _bound(path, lambda: compile_expression(source, known=known), lambda made: made.evaluate)


def _bound(path: tuple[str, ...], make: Callable[[], Any], reader: Callable[[Any], Callable[[Scope], JSON]]) -> Binding:
    try:
        made = make()
    except ExpressionError as error:
        raise BindingError(error, path) from error
    read = reader(made)

    def resolve(scope: Scope) -> JSON:
        try:
            return read(scope)
        except ExpressionError as error:
            raise BindingError(error, path) from error

    return Binding(False, made.references, resolve)


def _object(items: Mapping[str, Binding], value: JSON) -> Binding:
    if all(item.is_constant for item in items.values()):
        return Binding(True, _NOTHING, lambda scope: value)
    read = _NOTHING.union(*(item.references for item in items.values()))
    return Binding(False, read, lambda scope: {key: item.resolve(scope) for key, item in items.items()})


def _list(items: list[Binding], value: JSON) -> Binding:
    if all(item.is_constant for item in items):
        return Binding(True, _NOTHING, lambda scope: value)
    read = _NOTHING.union(*(item.references for item in items))
    return Binding(False, read, lambda scope: [item.resolve(scope) for item in items])
