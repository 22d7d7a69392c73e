"""The engine's statements on runs: written at the start, at the end, and when a person steps in."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from workflows.models import Run
from workflows.states import RunState
from workflows.steps import JSON


class Ended(NamedTuple):
    """A run that has just ended, and the step of another run that waits for it."""

    state: str
    output: str | None  # JSON
    error: JSON
    at: datetime
    parent: UUID | None
    parent_node: str
    parent_item: int
    holds: bool  # a place under a limit


def insert_run(run: Run) -> None:
    """Writes the row of a new run, and tells it its number and when it began."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_run (id, version_id, workflow_id, trigger, started_by_id, started_by, input, depth,"
            " parent_run, parent_node, parent_item, priority, repeats_run)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING number, created_at",
            [run.pk, run.version_id, run.workflow_id, run.trigger, run.started_by_id, run.started_by,
             json.dumps(run.input), run.depth, run.parent_run, run.parent_node, run.parent_item, run.priority,
             run.repeats_run],
        )  # fmt: skip
        run.number, run.created_at = cursor.fetchone()
    run.state, run._state.adding, run._state.db = RunState.RUNNING, False, connection.alias


def end_run(run_id: UUID, state: str, output: str | None) -> Ended | None:
    """None if it had ended before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_run SET state = %s, output = %s, ending = '', finished_at = clock_timestamp()"
            " WHERE id = %s AND state = 'RUNNING'"
            " RETURNING error, finished_at, parent_run, parent_node, parent_item,"
            " EXISTS (SELECT FROM workflows_slot AS slot WHERE slot.run_id = workflows_run.id)",
            [state, output, run_id],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    error, *rest = found
    return Ended(state, output, None if error is None else json.loads(error), *rest)


def begin_rollback(run_id: UUID, ending: str) -> bool:
    """Notes what the run will end in once all is undone; False if it ends already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_run SET ending = %s WHERE id = %s AND state = 'RUNNING' AND ending = ''",
            [ending, run_id],
        )
        return bool(cursor.rowcount == 1)


def note_error(run_id: UUID, error: str) -> None:
    """Keeps the first failure of a run."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_run SET error = %s WHERE id = %s AND error IS NULL", [error, run_id])


def lock_graph(run_id: UUID) -> tuple[int, int | None]:
    """The run's version and graph, which nobody else changes until we commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version_id, graph_id FROM workflows_run WHERE id = %s FOR NO KEY UPDATE", [run_id])
        found: tuple[int, int | None] = cursor.fetchone()
        return found


def set_graph(run_id: UUID, graph_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_run SET graph_id = %s WHERE id = %s", [graph_id, run_id])


def end_pause(run_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_run SET paused_at = NULL WHERE id = %s AND paused_at IS NOT NULL", [run_id])
