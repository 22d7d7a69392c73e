"""Pauses a run and lets it go on. After the commit of a pause no step of the run starts."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from workflows.engine import wake
from workflows.engine.refs import StepRef, engine_setting
from workflows.engine.rows import DAY
from workflows.states import OPEN

_LOCK = """
    SELECT node, item FROM workflows_step
    WHERE run_id = %s AND wake_at IS NOT NULL AND state = ANY(%s) ORDER BY node, item FOR UPDATE
"""
_HOLD = """
    UPDATE workflows_step SET state = 'WAITING', held = true, since = clock_timestamp(),
        wake_at = clock_timestamp() + make_interval(secs => %s)
    WHERE run_id = %s AND state = 'READY'
"""
_LET_GO = """
    UPDATE workflows_step SET held = false, since = clock_timestamp(),
        state = CASE WHEN state = 'WAITING' THEN 'READY' ELSE state END,
        wake_at = CASE WHEN state = 'WAITING' THEN clock_timestamp() + make_interval(secs => %s) ELSE wake_at END
    WHERE run_id = %s AND held AND wake_at IS NOT NULL
    RETURNING state, kind, node, item
"""


def lock_open_steps(run_id: UUID) -> set[tuple[str, int]]:
    """Waits for whoever has a step of the run in a transaction, and keeps others from taking one until ours ends.

    What those transactions bring forth is seen when asked again, so it is asked until nothing is new.
    """
    known: set[tuple[str, int]] = set()
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [run_id, list(OPEN)])
            found = set(cursor.fetchall())
        if found <= known:
            return found
        known = found


@transaction.atomic
def pause(run_id: UUID) -> bool:
    """False if the run has ended or is paused already. Its deadline goes on counting."""
    lock_open_steps(run_id)
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [DAY, run_id])
        cursor.execute(
            "UPDATE workflows_run SET paused_at = clock_timestamp()"
            " WHERE id = %s AND state = 'RUNNING' AND paused_at IS NULL",
            [run_id],
        )
        is_paused = bool(cursor.rowcount == 1)
    if not is_paused:
        transaction.set_rollback(True)
    return is_paused


@transaction.atomic
def resume(run_id: UUID) -> bool:
    """False if the run is not paused."""
    # Steps first, the run last, as everywhere; what is claimed meanwhile is held back and seen here.
    lock_open_steps(run_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_run SET paused_at = NULL WHERE id = %s AND state = 'RUNNING' AND paused_at IS NOT NULL",
            [run_id],
        )
        if cursor.rowcount == 0:
            return False
        cursor.execute(_LET_GO, [engine_setting("READY_GRACE_SECONDS"), run_id])
        woken = [(kind, StepRef(run_id, node, item)) for state, kind, node, item in cursor if state == "READY"]
    wake.after_commit(woken)
    return True
