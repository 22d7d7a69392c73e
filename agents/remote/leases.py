"""Steps in the hands of remote workers, under the same fence and the same transactions as our own agents'."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import CharField, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from agents.evaluate import Evaluated, evaluate
from agents.executor import turned_away
from agents.settle import settle
from agents.steps.remote_task import DEFAULT_QUEUE, KEY, Order
from crm.actors import Actor
from workflows.engine import rows, wake
from workflows.engine.contention import is_contention, pause
from workflows.engine.ledger import Ledger
from workflows.engine.program import Program, VersionUnusable, program_of
from workflows.engine.refs import StepRef, Task, WorkerInfo
from workflows.engine.scope import recall, scopes_of_items
from workflows.graph.document import DEFAULT_PORT
from workflows.models import Run, RunGraph, Step
from workflows.states import StepState
from workflows.steps import Done, StepError

UNUSABLE_SECONDS = 60
MOST_AT_A_TIME = 20


@dataclass(frozen=True)
class Lease:
    """A step as its worker holds it: whoever shows it can end the step, until the lease runs out."""

    ref: StepRef
    attempt: int


class FenceLost(Exception):
    """The step was taken over, cancelled or ended; nothing was written."""


@dataclass(frozen=True)
class Held:
    """A step whose row is locked under its holder's lease."""

    ledger: Ledger
    task: Task

    @property
    def ports(self) -> Collection[str]:
        config = self.ledger.program.graph.nodes[self.task.node].config
        return {DEFAULT_PORT, *(port["name"] for port in config.get("ports", ()))}

    @property
    def seconds(self) -> float:
        return (datetime.now(UTC) - self.task.started).total_seconds()

    @property
    def timeout(self) -> float | None:
        return self.ledger.program.graph.nodes[self.task.node].policies.timeout_seconds

    def settle(self, result: Done | StepError) -> None:
        ledger, task = self.ledger, self.task
        instruction = ledger.program.instructions[task.node]
        evaluated: Evaluated = result
        if instruction.node.in_map:  # there such a step has one item
            recall(ledger, task, instruction)
            evaluated = {item.position: result for item in scopes_of_items(ledger, task, instruction)}
        settle(ledger, task, evaluated)
        _write(ledger)


def worker_of(actor: Actor) -> WorkerInfo:
    """The member as a worker: the same in each of its processes, which only the attempt tells apart."""
    return WorkerInfo(uuid5(NAMESPACE_URL, f"rapport:{actor.id}"), f"remote: {actor.name}"[:60], lambda kind: False)


def waiting(queues: Collection[str]) -> Sequence[StepRef]:
    """The steps of these queues that may be claimed, first those that waited longest."""
    ready = _with_graph(Step.objects.filter(kind=KEY, state=StepState.READY, wake_at__isnull=False))
    any_of = Q(graph__isnull=False, queue__in=list(queues))
    for version, node in ready.filter(graph__isnull=True).values_list("version", "node").distinct():
        if _queue_of(version, node) in queues:
            any_of |= Q(graph__isnull=True, version=version, node=node)
    found = ready.filter(any_of).order_by("-priority", "wake_at").values_list("run_id", "node", "item")
    return [StepRef(*row) for row in found[:MOST_AT_A_TIME]]


def _with_graph(steps: QuerySet[Step]) -> QuerySet[Any]:
    """Where a run has a graph of its own, the queue is read inside the database: each of them may be another graph."""
    run = Run.objects.filter(pk=OuterRef("run_id"))
    named = Func(
        F("compiled"), Value("nodes"), OuterRef("node"), Value("config"), Value("queue"),
        function="jsonb_extract_path_text", output_field=CharField(),
    )  # fmt: skip
    own = RunGraph.objects.filter(pk=OuterRef("graph")).annotate(queue=Coalesce(named, Value(DEFAULT_QUEUE)))
    steps = steps.annotate(version=Subquery(run.values("version_id")), graph=Subquery(run.values("graph_id")))
    return steps.annotate(queue=Subquery(own.values("queue")))


def _queue_of(version: int, node: str) -> str | None:
    try:
        found = program_of(version).graph.nodes.get(node)
    except VersionUnusable:
        return None
    return None if found is None else str(found.config.get("queue", DEFAULT_QUEUE))


def take(ref: StepRef, actor: Actor) -> tuple[Lease, Order] | None:
    """Claims the step for the worker; None if another has it, or its turn has not come."""
    try:
        with transaction.atomic():
            return _take(ref, worker_of(actor))
    except VersionUnusable:
        rows.postpone(ref, UNUSABLE_SECONDS)
    except Exception as error:
        if not is_contention(error):
            raise
        rows.postpone(ref, pause())
    return None


def _take(ref: StepRef, worker: WorkerInfo) -> tuple[Lease, Order] | None:
    claimed = rows.claim(ref, worker.id, datetime.now(UTC))
    if claimed is None:
        return None
    task, _ = claimed
    run = rows.run_row(ref.run_id)
    if run.paused and rows.hold_back(ref, task.attempt):
        return None
    ledger = Ledger(run, program_of(run.version_id, run.graph_id), worker, {})
    order = None
    if not turned_away(ledger, task):
        evaluated = evaluate(ledger, task)
        order = _order_in(evaluated)
        if order is None:  # its config or its input can't be had
            settle(ledger, task, evaluated)
    _write(ledger)
    return None if order is None else (Lease(ref, task.attempt), order)


def _order_in(evaluated: Evaluated) -> Order | None:
    results = list(evaluated.values()) if isinstance(evaluated, Mapping) else [evaluated]
    return results[0] if len(results) == 1 and isinstance(results[0], Order) else None


def hold(lease: Lease, actor: Actor) -> Held:
    """Locks the step for the rest of the caller's transaction; raises FenceLost."""
    worker = worker_of(actor)
    if not rows.hold(lease.ref, lease.attempt):
        raise FenceLost
    row = Step.objects.get(run_id=lease.ref.run_id, node=lease.ref.node, item=lease.ref.item)
    if row.worker_id != worker.id or row.kind != KEY:
        raise FenceLost
    run = rows.run_row(lease.ref.run_id)
    task = Task(
        row.node, row.item, row.since, lease.attempt, row.failures, row.crashes, exists=True,
        waited_for=row.waits_for, failed=row.failed, size=row.size,
    )  # fmt: skip
    return Held(Ledger(run, _program(run.version_id, run.graph_id), worker, {}), task)


def _program(version: int, graph: int | None) -> Program:
    try:
        return program_of(version, graph)
    except VersionUnusable as unusable:
        raise FenceLost from unusable


def _write(ledger: Ledger) -> None:
    ledger.hand_on_all()
    ledger.write()
    wake.after_commit(ledger.wakes)


def holder(lease: Lease) -> UUID | None:
    """Who holds the step, if it is still under this lease."""
    held = Step.objects.filter(
        run_id=lease.ref.run_id, node=lease.ref.node, item=lease.ref.item, attempt=lease.attempt,
        state=StepState.RUNNING, kind=KEY,
    )  # fmt: skip
    return held.values_list("worker_id", flat=True).first()
