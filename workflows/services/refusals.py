"""What a person does about starts that were refused: try one again now, or drop it."""

from __future__ import annotations

from django.db import transaction

from crm import audit
from crm.actors import Actor
from crm.errors import NotFound
from crm.permissions import require
from workflows.engine.refused import try_again
from workflows.models import RefusedStart, Workflow


@transaction.atomic
def retry_refused_start(*, actor: Actor, workflow: Workflow, refused_id: int) -> bool:
    """Whether the run is there now."""
    require(actor, "run", workflow)
    return try_again(_lock(workflow, refused_id))


@transaction.atomic
def drop_refused_start(*, actor: Actor, workflow: Workflow, refused_id: int) -> None:
    """The run will not be; the audit trail keeps what it would have been started by."""
    require(actor, "run", workflow)
    refused = _lock(workflow, refused_id)
    before = {"trigger": refused.node, "started_by": refused.started_by, "reason": refused.reason}
    audit.record_one(actor=actor, action="workflow.drop_start", target=workflow, before=before)
    refused.delete()


def _lock(workflow: Workflow, refused_id: int) -> RefusedStart:
    refused = RefusedStart.objects.select_for_update().filter(workflow=workflow, pk=refused_id).first()
    if refused is None:
        raise NotFound("This start is no longer refused.")
    refused.workflow = workflow
    return refused
