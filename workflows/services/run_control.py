"""Pauses and resumes runs, and takes steps out of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, transaction

from crm import audit
from crm.actors import Actor
from crm.errors import Conflict
from crm.permissions import require
from workflows.engine import leaving_out, pausing
from workflows.models import Run

T = TypeVar("T")
TRIES = 5


def past_deadlocks(act: Callable[[], T]) -> T:
    """Once more where steps that were just finishing held what we wanted, and wanted what we held."""
    for left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return act()
        except OperationalError:
            if left == 0 or transaction.get_connection().in_atomic_block:
                raise
    raise AssertionError("unreachable")


def pause_run(*, actor: Actor, run: Run) -> None:
    """No step of it starts any more; those under way finish. Its deadline goes on counting."""
    require(actor, "cancel", run)

    def act() -> None:
        if not pausing.pause(run.pk):
            raise Conflict(f"Run {run.number} has ended, or is paused already.", code="not_pausable")
        audit.record_one(actor=actor, action="run.paused", target=run)

    past_deadlocks(act)


def resume_run(*, actor: Actor, run: Run) -> None:
    require(actor, "cancel", run)

    def act() -> None:
        if not pausing.resume(run.pk):
            raise Conflict(f"Run {run.number} is not paused.", code="not_paused")
        audit.record_one(actor=actor, action="run.resumed", target=run)

    past_deadlocks(act)


def leave_out_step(*, actor: Actor, run: Run, node: str) -> None:
    """The run passes the step by, as if it had been done."""
    require(actor, "cancel", run)

    def act() -> None:
        problem = leaving_out.leave_out(run.pk, node)
        if problem:
            raise Conflict(problem, code="not_left_out")
        audit.record_one(actor=actor, action="run.step_left_out", target=run, after={"node": node})

    past_deadlocks(act)
