"""Compiles documents with what the registry knows of their step types."""

from __future__ import annotations

from workflows import registry
from workflows.graph.compile import CompiledGraph, compile_document
from workflows.graph.document import Document, Node
from workflows.steps import Effect


def compiled(document: Document) -> CompiledGraph:
    return compile_document(document, runs_one_by_one=_runs_one_by_one)


def _runs_one_by_one(node: Node) -> bool:
    """A step that may wait, or whose one item must not share the fate of others."""
    step_type, rules = registry.get(node.type), node.policies
    return (
        step_type.waits
        or step_type.effect is Effect.UNKEYED
        or rules.on_failure == "ask"
        or rules.limit is not None
        or (rules.join is not None and rules.join.is_early)
    )
