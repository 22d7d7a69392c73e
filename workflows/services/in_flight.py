"""What becomes of the runs that are under way on older versions, once another is published."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import require
from workflows.models import BatchKind, RunBatch, Workflow
from workflows.selectors.in_flight import open_on_older_versions
from workflows.services.run_batches import begin_batch

FINISH, MOVE, RESTART = "finish", "move", "restart"


@transaction.atomic
def choose_for_runs_in_flight(
    *, actor: Actor, workflow: Workflow, choice: str, mapping: Mapping[str, str] | None = None
) -> RunBatch | None:
    """None if there is nothing to do: the runs finish on their versions, or there are none."""
    require(actor, "publish", workflow)
    if choice not in (FINISH, MOVE, RESTART):
        raise InvalidInput("Runs in flight “finish”, are “move”d or “restart”ed.", code="bad_choice")
    version = workflow.published
    if version is None:
        raise Conflict(f"“{workflow.name}” has no published version.", code="not_published")
    runs = [] if choice == FINISH else open_on_older_versions(actor=actor, workflow=workflow)
    if not runs:
        return None
    return begin_batch(
        actor=actor, kind=BatchKind(choice), workflow=workflow, subject=f"to version {version.number}",
        runs=[run.pk for run in runs], version=version, mapping=dict(mapping or {}),
    )  # fmt: skip
