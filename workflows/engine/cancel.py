"""Ends a run early. After the commit no step of it starts, and none under way can record anything."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.db import transaction

from workflows.engine import drop, rows, run_rows, wake
from workflows.engine.ledger import Ledger
from workflows.engine.program import program_of
from workflows.engine.refs import WorkerInfo
from workflows.steps import JSON

_NOBODY = WorkerInfo(None, "", lambda kind: False)
OVERDUE = {"code": "deadline_passed", "message": "The run took longer than its workflow allows."}


def cancel(run_id: UUID, error: JSON = None) -> bool:
    """False if the run had ended before, or is being rolled back already."""
    return _end(run_id, lambda ledger: ledger.cancel(error))


def expire(run_id: UUID) -> bool:
    """Its deadline has passed: it fails."""
    return _end(run_id, lambda ledger: ledger.expire(OVERDUE))


@transaction.atomic
def _end(run_id: UUID, how: Callable[[Ledger], None]) -> bool:
    # A step in another transaction's hands may bring forth new ones until it commits; then they are seen here.
    # Steps first, the run last: in that order the engine locks them too.
    wakes = drop.drop_steps(run_id)
    run = rows.run_row(run_id)
    ledger = Ledger(run, program_of(run.version_id, run.graph_id), _NOBODY, {})
    if not run.ending:
        # What a paused run did is undone all the same.
        run_rows.end_pause(run_id)
        how(ledger)
        ledger.write()
    has_ended = ledger.closed is not None or ledger.rolls_back
    if has_ended:
        wake.after_commit([*wakes, *ledger.wakes])
    else:
        transaction.set_rollback(True)
    return has_ended
