"""Cancels open steps, and lets go of what they hold: approvals, waits, places under a limit, runs they wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from workflows.engine import control, limits
from workflows.engine.wake import Wake
from workflows.states import OPEN, StepState

_ANY_STATE = [*OPEN, StepState.PENDING]
_WHICH = """
    run_id = %(run)s AND state = ANY(%(states)s) AND (%(nodes)s::text[] IS NULL OR node = ANY(%(nodes)s))
    AND (%(item)s IS NULL OR item = %(item)s)
"""
_SOME_OPEN = f"SELECT node, item FROM workflows_step WHERE {_WHICH} LIMIT 1"  # noqa: S608 - our own words
# In one order, so that two of these, and joins that lock in the graph's order, wait for each other rarely.
_CANCEL = f"""
    UPDATE workflows_step SET state = 'CANCELLED', wake_at = NULL, since = clock_timestamp()
    WHERE run_id = %(run)s AND (node, item) IN (
        SELECT node, item FROM workflows_step
        WHERE {_WHICH} ORDER BY node, item FOR UPDATE)
    RETURNING node, item
"""  # noqa: S608 - our own words


def drop_steps(run_id: UUID, nodes: Sequence[str] | None = None, item: int | None = None) -> list[Wake]:
    """Cancels what is open of these nodes, or of all; answers who may go on under the limits they held.

    Waits for transactions that hold a step: what they bring forth until they commit is seen and cancelled too.
    """
    which = {"run": run_id, "states": _ANY_STATE, "nodes": None if nodes is None else list(nodes), "item": item}
    dropped: list[tuple[str, int]] = []
    # Asked anew each time: the one step there was may have ended while we waited for it, and others have begun.
    while _rows(_SOME_OPEN, which):
        dropped += _rows(_CANCEL, which)
    return release(run_id, dropped) if dropped else []


def _rows(statement: str, which: Mapping[str, Any]) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, which)
        found: list[tuple[str, int]] = cursor.fetchall()
        return found


def release(run_id: UUID, steps: Sequence[tuple[str, int]]) -> list[Wake]:
    """Lets go of what ended steps held."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_approval SET state = 'cancelled', decided_at = clock_timestamp()"
            " WHERE run_id = %s AND (node, item) IN %s AND state = 'open'",
            [run_id, tuple(steps)],
        )
        cursor.execute(
            "DELETE FROM workflows_eventwait WHERE run_id = %s AND (node, item) IN %s", [run_id, tuple(steps)]
        )
    control.cancel_children(run_id, steps)
    return limits.leave(run_id, steps)
