"""Steps that wait for a person's decision, with what the person needs to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from crm.actors import Actor
from crm.errors import NotFound
from crm.models import AuditEntry
from crm.permissions import can, scope
from workflows.engine.decisions import ports_of
from workflows.engine.ending import undo_order
from workflows.engine.program import Program, VersionUnusable, program_of
from workflows.graph.compile import TOP, UNDO, CompiledNode, is_end
from workflows.graph.document import DEFAULT_PORT, ERROR_PORT
from workflows.models import Run, Step, StepAttempt
from workflows.models.runs import TO_DECIDE
from workflows.selectors.runs import get_run, may_see_values
from workflows.states import StepState
from workflows.steps import Effect

JSON = Any
PAGE = 50
MOST_COUNTED = 100


@dataclass(frozen=True)
class ToDecide:
    """A line of the inbox."""

    run: Run
    node: str
    item: int
    label: str
    uncertain: bool
    since: Any
    error: JSON


@dataclass(frozen=True)
class Follows:
    """What each verdict brings about, in sentences."""

    retry: Sequence[str]
    done: Sequence[str]
    failed: Sequence[str]


@dataclass(frozen=True)
class Evidence:
    line: ToDecide
    kind: str
    is_open: bool
    attempts: Sequence[StepAttempt]
    given: JSON
    may_see: bool
    follows: Follows | None
    ports: Sequence[str]
    decided: Sequence[AuditEntry]


def open_steps(actor: Actor) -> QuerySet[Step]:
    """Through an index that holds such steps alone; nothing for who may not decide."""
    waiting = Step.objects.filter(TO_DECIDE).order_by("since")
    return waiting if can(actor, "retry", Run) else waiting.none()


def count_to_decide(actor: Actor) -> int:
    """At most a hundred: it stands in the rail of every page."""
    return len(open_steps(actor).values_list("run_id")[:MOST_COUNTED])


def list_to_decide(*, actor: Actor, run: Run | None = None, limit: int = PAGE) -> list[ToDecide]:
    """Those that wait longest first."""
    steps = open_steps(actor)
    if run is not None:
        steps = steps.filter(run_id=run.pk)
    found = list(steps[:limit])
    runs = scope(actor, Run.objects.select_related("workflow", "version", "graph"), "read").in_bulk(
        {step.run_id for step in found}
    )
    return [_line(runs[step.run_id], step) for step in found if step.run_id in runs]


def _line(run: Run, step: Step) -> ToDecide:
    tried = StepAttempt.objects.filter(run_id=step.run_id, node=step.node, item=step.item, error__isnull=False)
    error = tried.order_by("-attempt").values_list("error", flat=True).first()
    return ToDecide(
        run, step.node, step.item, _label(run, step.node), step.state == StepState.UNCERTAIN, step.since, error
    )


def _label(run: Run, node: str) -> str:
    document = run.graph.document if run.graph else run.version.document
    return next((one.get("label") or node for one in document["nodes"] if one["id"] == node), node)


def evidence_of(*, actor: Actor, run_id: UUID, node: str, item: int) -> Evidence:
    run = get_run(actor=actor, run_id=run_id)
    step = Step.objects.filter(run_id=run.pk, node=node, item=item).first()
    if step is None or is_end(node):
        raise NotFound("The run has no such step.")
    attempts = list(StepAttempt.objects.filter(run_id=run.pk, node=node, item=item).order_by("attempt", "started_at"))
    is_open = Step.objects.filter(TO_DECIDE, run_id=run.pk, node=node, item=item).exists()
    seen = may_see_values(actor)
    given = next((one.input for one in reversed(attempts) if one.input is not None), None)
    program = _program(run)
    decided = AuditEntry.objects.filter(
        object_type="run", object_id=str(run.pk), action="run.step_decided", after__node=node, after__item=item
    )
    return Evidence(
        line=_line(run, step), kind=step.kind, is_open=is_open, attempts=attempts, given=given if seen else None,
        may_see=seen, follows=_follows(run, program, node) if program and is_open else None,
        ports=ports_of(program, node) if program else [DEFAULT_PORT], decided=list(decided.order_by("-pk")[:20]),
    )  # fmt: skip


def _program(run: Run) -> Program | None:
    try:
        return program_of(run.version_id, run.graph_id)
    except VersionUnusable:
        return None


def _follows(run: Run, program: Program, node: str) -> Follows:
    known = program.graph.nodes[node]
    return Follows(_after_retry(program, known), _after_done(program, known), _after_failed(run, program, known))


def _after_retry(program: Program, node: CompiledNode) -> list[str]:
    effect = program.instructions[node.id].type.effect
    again = {
        Effect.KEYED: "It carries the same key as before, so that the other side can tell that it is the same.",
        Effect.UNKEYED: "If it took effect before, it then happens twice.",
        Effect.LOCAL: "What it did in Rapport before was taken back when it failed.",
        Effect.PURE: "It touches nothing outside of the run.",
    }
    return [f"“{node.label}” is carried out again, its tries counted anew.", again[effect]]


def _after_done(program: Program, node: CompiledNode) -> list[str]:
    if node.scope == UNDO:
        return ["It counts as undone, and the run goes on rolling back."]
    ways = [
        f"{_way(port)}{_labels(program, targets)}"
        for port, targets in node.edges.items()
        if port != ERROR_PORT and any(not is_end(target) for target in targets)
    ]
    return [f"“{node.label}” counts as done, with the output that you give.", *(ways or [_end(node)])]


def _way(port: str) -> str:
    return "Next: " if port in (DEFAULT_PORT, "*") else f"By “{port}”: "


def _end(node: CompiledNode) -> str:
    return "Nothing follows it; the run may end." if node.scope == TOP else "Nothing follows it for this item."


def _labels(program: Program, targets: Sequence[str]) -> str:
    return ", ".join(f"“{program.graph.nodes[one].label}”" for one in targets if not is_end(one)) + "."


def _after_failed(run: Run, program: Program, node: CompiledNode) -> list[str]:
    if node.scope == UNDO:
        return ["What it should have undone stays; the run goes on rolling back."]
    if ERROR_PORT in node.edges:
        return [f"The run goes on by “error”: {_labels(program, node.edges[ERROR_PORT])}"]
    if node.scope != TOP:
        return ["The item counts as failed; the others go on."]
    undone = [program.graph.nodes[one].label for one in undo_order(run.pk, program)]
    words = ["Steps that follow it are skipped. When what else is under way has ended, the run fails."]
    if undone:
        words.append("Then it undoes, in this order: " + ", ".join(f"“{label}”" for label in undone) + ".")
    return words
