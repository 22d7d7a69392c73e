"""Ends a run early. After the commit no step of it starts, and none under way can record anything."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from workflows.engine import rows
from workflows.models import Approval, ApprovalState
from workflows.states import RunState


@transaction.atomic
def cancel(run_id: UUID) -> bool:
    """False if the run had ended before."""
    # A step in another transaction's hands may bring forth new ones until it commits; then they are seen here.
    # Steps first, the run last: in that order the engine locks them too.
    while rows.cancel_steps(run_id):
        pass
    Approval.objects.filter(run_id=run_id, state=ApprovalState.OPEN).update(
        state=ApprovalState.CANCELLED, decided_at=timezone.now()
    )
    ended = rows.end_run(run_id, RunState.CANCELLED, None)
    if not ended:
        transaction.set_rollback(True)
    return ended
