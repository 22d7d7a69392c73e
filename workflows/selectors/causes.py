"""Failed runs by their cause: workflow, step and error code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from crm.actors import Actor
from crm.permissions import scope
from workflows.models import Run, RunBatch, RunKey, Version, Workflow
from workflows.selectors.runs import may_see_values
from workflows.states import RunState

DAYS = 30
# The newest failed runs that are looked at; a panel must not read a million.
MOST = 5_000
SHOWN = 20


@dataclass
class Cause:
    workflow: Workflow
    node: str
    code: str
    label: str = ""
    message: str = ""
    first: datetime | None = None
    last: datetime | None = None
    runs: list[UUID] = field(default_factory=list)  # the newest first
    repeated: int = 0

    @property
    def count(self) -> int:
        return len(self.runs)

    @property
    def left(self) -> int:
        return self.count - self.repeated

    @property
    def subject(self) -> str:
        return subject_of(self.node, self.code)

    def add(self, run: UUID, at: datetime, message: str) -> None:
        if not self.runs:
            self.message, self.last = message, at
        self.first = at
        self.runs.append(run)


@dataclass(frozen=True)
class Causes:
    causes: Sequence[Cause]
    is_complete: bool


def subject_of(node: str, code: str) -> str:
    return f"{node}: {code}"[:200]


def retry_key(run: UUID | str) -> str:
    """Under which the retry of a failed run is noted, so that there is one."""
    return f"retry:{run}"


def failed_by_cause(*, actor: Actor, workflow: Workflow | None = None) -> Causes:
    """Of the last 30 days, the most frequent first."""
    rows = _rows(actor, workflow)
    found: dict[tuple[int, str, str], Cause] = {}
    workflows = Workflow.objects.in_bulk({row["workflow_id"] for row in rows})
    for row in rows:
        node, code = row["error__node"] or "", row["error__code"] or ""
        key = row["workflow_id"], node, code
        cause = found.setdefault(key, Cause(workflows[row["workflow_id"]], node, code))
        cause.add(row["id"], row["finished_at"], str(row["error__message"] or ""))
    causes = sorted(found.values(), key=lambda one: one.count, reverse=True)[:SHOWN]
    _name(causes)
    done = retried(causes)
    for cause in causes:
        cause.repeated = sum(run in done for run in cause.runs)
        if not may_see_values(actor):
            cause.message = ""
    return Causes(causes, len(rows) < MOST)


def runs_of_cause(*, actor: Actor, workflow: Workflow, node: str, code: str) -> list[UUID]:
    """Those that were not retried yet, the oldest first."""
    rows = _rows(actor, workflow)
    cause = Cause(workflow, node, code)
    for row in rows:
        if ((row["error__node"] or ""), (row["error__code"] or "")) == (node, code):
            cause.add(row["id"], row["finished_at"], "")
    done = retried([cause])
    return [run for run in reversed(cause.runs) if run not in done]


def _rows(actor: Actor, workflow: Workflow | None) -> list[Mapping[str, Any]]:
    """Through the index on state and id, of the weeks in question only."""
    since = _first_id(timezone.now() - timedelta(days=DAYS))
    runs = scope(actor, Run.objects.filter(state=RunState.FAILED, id__gte=since), "read")
    if workflow is not None:
        runs = runs.filter(workflow=workflow)
    names = ("id", "workflow_id", "finished_at", "error__node", "error__code", "error__message")
    return list(runs.order_by("-id").values(*names)[:MOST])


def _first_id(at: datetime) -> UUID:
    """Ids of runs begin with the time, in milliseconds."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


def retried(causes: Iterable[Cause]) -> set[UUID]:
    found: set[UUID] = set()
    for cause in causes:
        keys = {retry_key(run): run for run in cause.runs}
        noted = RunKey.objects.filter(workflow=cause.workflow, key__in=list(keys)).values_list("key", flat=True)
        found.update(keys[key] for key in noted)
    return found


def _name(causes: Sequence[Cause]) -> None:
    """Steps by the names that they have in the published version, if it has them."""
    published = Version.objects.in_bulk(
        {cause.workflow.published_id for cause in causes if cause.workflow.published_id}
    )
    labels = {
        version.workflow_id: {node["id"]: node.get("label") or node["id"] for node in version.document["nodes"]}
        for version in published.values()
    }
    for cause in causes:
        cause.label = labels.get(cause.workflow.pk, {}).get(cause.node, cause.node)


def latest_batches(*, actor: Actor, limit: int = 5) -> Sequence[RunBatch]:
    """What was asked of many runs at once in the last day, or is under way."""
    recent = RunBatch.objects.filter(asked_at__gte=timezone.now() - timedelta(days=1))
    return list(scope(actor, recent, "read", "run").select_related("workflow", "asked_by").order_by("-pk")[:limit])
