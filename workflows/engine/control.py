"""Orders to a run that a sweeper carries out: rows beside its steps, so that none is lost."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from workflows.graph.compile import CONTROL

DEADLINE = f"{CONTROL}deadline"
CANCEL = f"{CONTROL}cancel"
KIND = "control"


def order(run_id: UUID, what: str, seconds: float = 0) -> None:
    """Has it done after so many seconds of the database's clock; once, however often it is ordered."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_step (run_id, node, item, kind, state, waits_for, wake_at)"
            " VALUES (%s, %s, 0, %s, 'WAITING', 'time', clock_timestamp() + make_interval(secs => %s))"
            " ON CONFLICT DO NOTHING",
            [run_id, what, KIND, seconds],
        )


def withdraw(run_id: UUID) -> None:
    """What was ordered of a run that has ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET state = 'CANCELLED', wake_at = NULL"
            " WHERE run_id = %s AND node IN (%s, %s) AND wake_at IS NOT NULL",
            [run_id, DEADLINE, CANCEL],
        )


def cancel_children(run_id: UUID, steps: Sequence[tuple[str, int]] | None = None) -> None:
    """Orders the end of the runs that these steps, or all of the run's, wait for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, parent_node, parent_item FROM workflows_run"
            " WHERE parent_run = %s AND parent_node <> '' AND state = 'RUNNING'",
            [run_id],
        )
        children = cursor.fetchall()
    for child, node, item in children:
        if steps is None or (node, item) in steps:
            order(child, CANCEL)
