"""Tries an expression of a draft on the data of the workflow's last run, or on its sample input."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from crm.actors import Actor
from workflows import registry
from workflows.engine import values
from workflows.expressions import ExpressionError, is_template
from workflows.expressions.bindings import EXPRESSION_KEY, compile_value
from workflows.graph.document import Document, Node
from workflows.graph.paths import find_cycle, upstream
from workflows.graph.scope import check_dynamic
from workflows.models import Run, Workflow
from workflows.selectors.runs import may_see_values, visible_runs
from workflows.states import RunState

JSON = Any


@dataclass(frozen=True)
class Tried:
    ok: bool
    message: str = ""
    position: int | None = None
    value: JSON = None
    sample: str = ""  # where the values come from, in words; empty if it was not evaluated


def try_expression(
    *, actor: Actor, source: str, document: Document, node: Node, workflow: Workflow | None = None
) -> Tried:
    value = source if is_template(source) else {EXPRESSION_KEY: source}
    try:
        binding = compile_value(value)
    except ExpressionError as error:
        return Tried(False, error.message, error.position)
    before = None if find_cycle(document) else upstream(document).get(node.id, frozenset())
    for _, message in check_dynamic(value, document, node, before, registry.by_key()):
        return Tried(False, message)
    run = _last_run(actor, workflow)
    if run is None and document.sample_input is None:
        return Tried(True)
    steps = {path[1] for path in binding.references if path[0] == "steps" and len(path) > 1}
    scope = _scope(document, node, run, steps)
    try:
        return Tried(True, value=values.preview_of(binding.resolve(scope)), sample=_from_where(run))
    except ExpressionError as error:
        # It may be right and only the sample lacks what it reads.
        return Tried(True, message=error.message, position=error.position, sample=_from_where(run))


def _last_run(actor: Actor, workflow: Workflow | None) -> Run | None:
    if workflow is None or not may_see_values(actor):
        return None
    runs = visible_runs(actor).filter(workflow=workflow).order_by("-id")
    return runs.filter(state=RunState.SUCCEEDED).first() or runs.first()


def _from_where(run: Run | None) -> str:
    return f"run {run.number}" if run else "the sample input"


def _scope(document: Document, node: Node, run: Run | None, steps: Iterable[str]) -> dict[str, JSON]:
    if run is None:
        return {"input": document.sample_input, "steps": {}, "run": {}, "now": timezone.now()}
    scope: dict[str, JSON] = {
        "input": run.input,
        "steps": {step: {"output": output} for step, output in _outputs(document, node, run, steps)},
        "run": {
            "id": str(run.pk),
            "number": run.number,
            "workflow": run.workflow.name,
            "version": run.version.number,
        },
        "now": timezone.now(),
    }
    if node.parent:
        chunk = values.load(run.pk, [(node.parent, 1)]).get((node.parent, 1))
        if chunk and chunk[1]["items"]:
            scope |= {"item": chunk[1]["items"][0], "index": 0}
    return scope


def _outputs(document: Document, node: Node, run: Run, steps: Iterable[str]) -> Iterable[tuple[str, JSON]]:
    """Outputs at the top, and beside the step in its For each those of the first item."""
    beside = {step for step in steps if step in document.nodes and document.nodes[step].parent == node.parent}
    inside = beside if node.parent else set()
    found = values.load(run.pk, [(step, int(step in inside)) for step in steps])
    for (step, item), (_, output) in found.items():
        if item == 0:
            yield step, output
        elif output and output[0] is not None:
            yield step, output[0][1]
