"""Expressions: a bounded subset of CEL over plain values. See docs/expressions.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from workflows.expressions import compiler
from workflows.expressions.limits import ExpressionError, Fuel
from workflows.expressions.parser import parse
from workflows.expressions.schema import Names, Schema, check, dyn, references
from workflows.expressions.templates import Template, is_template, split_template

__all__ = [
    "Expression",
    "ExpressionError",
    "Names",
    "Schema",
    "Template",
    "compile_expression",
    "compile_template",
    "dyn",
    "is_template",
]


@dataclass(frozen=True)
class Expression:
    source: str
    references: frozenset[tuple[str, ...]]
    _run: compiler.Evaluate

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """The value for a scope of plain values; raises ExpressionError."""
        try:
            return self._run({**scope, compiler.FUEL_KEY: Fuel(), compiler.DEPTH_KEY: 0})
        except RecursionError as error:
            raise ExpressionError("The value is nested too deeply.", code="too_much_work") from error


def compile_expression(source: str, *, known: Names | None = None) -> Expression:
    """Compiles, and with `known` also checks the names and fields against their types."""
    if known is not None:
        check(parse(source), known)
    return _compiled(source)


@lru_cache(maxsize=2048)
def _compiled(source: str) -> Expression:
    tree = parse(source)
    return Expression(source, references(tree), compiler.build(tree))


def compile_template(source: str, *, known: Names | None = None) -> Template:
    parts: list[Any] = []
    read: set[tuple[str, ...]] = set()
    for text, position, is_expression in split_template(source):
        if not is_expression:
            parts.append(text)
            continue
        try:
            expression = compile_expression(text.strip(), known=known)
        except ExpressionError as error:
            error.position = position + (error.position or 0)
            raise
        parts.append(expression.evaluate)
        read |= expression.references
    return Template(source, parts, frozenset(read))
