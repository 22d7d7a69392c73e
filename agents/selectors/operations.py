"""What the agents are doing: workers alive, queues, and what fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max

from agents.models import Agent, Worker
from agents.routing import kinds_of
from agents.worker import LOST_AFTER
from workflows import registry
from workflows.engine.clock import database_now
from workflows.models import Run, Step
from workflows.states import RunState, StepState

# Workers that are gone stay in sight for so long.
LOST_SHOWN = timedelta(hours=1)


@dataclass(frozen=True)
class Doing:
    """A step that a worker has in hand."""

    run_id: UUID
    node: str
    title: str
    since: datetime


@dataclass(frozen=True)
class WorkerFigures:
    worker: Worker
    is_alive: bool
    doing: Sequence[Doing]


@dataclass(frozen=True)
class AgentFigures:
    agent: Agent
    workers: Sequence[WorkerFigures]
    ready: int
    running: int
    oldest_wait: float | None  # seconds

    @property
    def alive(self) -> int:
        return sum(one.is_alive for one in self.workers)


def agent_figures() -> list[AgentFigures]:
    now = database_now()
    queues = _queues()
    doing = _doing()
    figures = []
    for agent in Agent.objects.prefetch_related("workers"):
        kinds = kinds_of(agent)
        ready = [queues[kind] for kind in kinds if kind in queues]
        waits = [(now - oldest).total_seconds() for _, oldest in ready]
        workers = [_worker(worker, now, doing) for worker in agent.workers.all() if _is_shown(worker, now)]
        figures.append(
            AgentFigures(
                agent=agent,
                workers=sorted(workers, key=lambda one: (not one.is_alive, one.worker.started_at)),
                ready=sum(count for count, _ in ready),
                running=sum(len(worker.doing) for worker in workers),
                oldest_wait=max(waits) if waits else None,
            )
        )
    return figures


def _is_shown(worker: Worker, now: datetime) -> bool:
    return worker.stopped_at is None and now - worker.heartbeat_at < LOST_SHOWN


def _worker(worker: Worker, now: datetime, doing: Mapping[UUID, list[Doing]]) -> WorkerFigures:
    return WorkerFigures(worker, now - worker.heartbeat_at < LOST_AFTER, doing.get(worker.pk, []))


def _queues() -> dict[str, tuple[int, datetime]]:
    """Ready steps by kind: how many, and since when the oldest. Open steps only, so the partial index serves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, count(*), min(since) FROM workflows_step"
            " WHERE wake_at IS NOT NULL AND state = 'READY' GROUP BY kind"
        )
        return {kind: (count, oldest) for kind, count, oldest in cursor.fetchall()}


def _doing() -> dict[UUID, list[Doing]]:
    found: dict[UUID, list[Doing]] = {}
    rows = Step.objects.filter(wake_at__isnull=False, state=StepState.RUNNING, worker_id__isnull=False)
    for step in rows.order_by("since")[:500]:
        step_type = registry.find(step.kind)
        title = step_type.title if step_type else step.kind
        if step.worker_id:
            found.setdefault(step.worker_id, []).append(Doing(step.run_id, step.node, title, step.since))
    return found


def troubles(figures: Sequence[AgentFigures]) -> list[AgentFigures]:
    """The agents that should work but have nobody to do it."""
    return [one for one in figures if not one.agent.paused and not one.alive]


@dataclass(frozen=True)
class Cause:
    workflow: str
    workflow_key: str
    message: str
    count: int
    newest: datetime


def failures_by_cause(since: datetime, limit: int = 10) -> list[Cause]:
    """Failed runs since then, those of one workflow and message together."""
    rows = (
        Run.objects.filter(state=RunState.FAILED, finished_at__gte=since, error__isnull=False)
        .values("workflow__name", "workflow__key", "error__message")
        .annotate(count=Count("pk"), newest=Max("finished_at"))
        .order_by("-count")[:limit]
    )
    return [
        Cause(row["workflow__name"], row["workflow__key"], row["error__message"] or "", row["count"], row["newest"])
        for row in rows
    ]
