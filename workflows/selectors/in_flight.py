"""Open runs on older versions of a workflow, and whether each could go on with the published one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm.actors import Actor
from crm.permissions import scope
from workflows.engine.moving import why_not
from workflows.engine.program import VersionUnusable
from workflows.models import Run, RunBatch, Workflow
from workflows.states import RunState

MOST = 10_000
SHOWN = 50


@dataclass(frozen=True)
class InFlight:
    run: Run
    why_not: str  # empty: it can be moved

    @property
    def can_move(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class Preview:
    total: int
    runs: Sequence[InFlight]


def open_on_older_versions(*, actor: Actor, workflow: Workflow, limit: int = MOST) -> Sequence[Run]:
    """The oldest first."""
    runs = Run.objects.filter(state=RunState.RUNNING, workflow=workflow).exclude(version_id=workflow.published_id or 0)
    return list(scope(actor, runs, "read").select_related("version", "workflow").order_by("id")[:limit])


def preview(*, actor: Actor, workflow: Workflow, mapping: Mapping[str, str], limit: int = SHOWN) -> Preview:
    runs = open_on_older_versions(actor=actor, workflow=workflow)
    return Preview(len(runs), [InFlight(run, _why_not(run, workflow, mapping)) for run in runs[:limit]])


def _why_not(run: Run, workflow: Workflow, mapping: Mapping[str, str]) -> str:
    try:
        return why_not(run.pk, workflow.published_id or 0, mapping)
    except VersionUnusable as error:
        return str(error)


def batches_of(*, actor: Actor, workflow: Workflow, limit: int = 5) -> Sequence[RunBatch]:
    found = RunBatch.objects.filter(workflow=workflow).select_related("asked_by", "version")
    return list(scope(actor, found, "read", "run").order_by("-pk")[:limit])
