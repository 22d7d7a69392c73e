"""A compiled expression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from workflows.expressions import macros  # fills in what emit() lacks
from workflows.expressions.check import Path, check
from workflows.expressions.emit import Closure, emit
from workflows.expressions.errors import LimitError
from workflows.expressions.limits import Evaluation
from workflows.expressions.parser import parse
from workflows.expressions.schema import Known, Schema
from workflows.expressions.syntax import Call, ListLiteral, Macro, MapLiteral, Name, Node

__all__ = ["Expression", "compile_expression", "macros"]
_KEPT = 256


@dataclass(frozen=True)
class Expression:
    source: str
    references: frozenset[Path]  # what it reads of its scope, such as ("steps", "score", "output")
    result: Schema  # what it gives, as far as that is known
    tree: Node
    _run: Closure
    _builds: bool  # whether its result can hold a value more than once
    tells_time: bool  # whether its result can hold timestamps or durations

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """The value for a scope of plain values; raises ExpressionError and nothing else."""
        evaluation = Evaluation(scope)
        try:
            result = self._run(evaluation)
        except RecursionError:
            raise LimitError("too_much_work", "The values are nested too deeply to be compared.") from None
        if self._builds:
            evaluation.check_result(result)
        return result


def compile_expression(source: str, *, known: Known | None = None) -> Expression:
    """With `known`, only these names may be read, and their types are checked."""
    expression = _compiled(source)
    if known is None:
        return expression
    result, _ = check(expression.tree, known)
    return replace(expression, result=result)


def compile_anew(source: str) -> Expression:
    tree = parse(source)
    result, references = check(tree)
    nodes = list(_walk(tree))
    return Expression(
        source=source,
        references=references,
        result=result,
        tells_time=any(map(_is_about_time, nodes)),
        tree=tree,
        _run=emit(tree, {}),
        _builds=any(map(_builds, nodes)),
    )


_compiled = lru_cache(maxsize=_KEPT)(compile_anew)


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children():
        yield from _walk(child)


def _builds(node: Node) -> bool:
    return isinstance(node, ListLiteral | MapLiteral) or (isinstance(node, Macro) and node.name == "map")


def _is_about_time(node: Node) -> bool:
    if isinstance(node, Call):
        return node.function in ("timestamp", "duration")
    return isinstance(node, Name) and node.name == "now"
