"""What a transaction adds to a run's tables: one statement for all of it, however many rows.

The rows travel as JSON: of many values in an INSERT most of the time goes into writing and reading each by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from workflows.engine.refs import RunRow, WorkerInfo
from workflows.engine.rows import StepRow

Row = Mapping[str, Any]

_STEPS = """
    INSERT INTO workflows_step (run_id, node, item, kind, state, waits_for, pending, attempt, failures, crashes,
        priority, worker_id, size, taken, budget, rank, units, wake_at)
    SELECT %(run)s::uuid, node, coalesce(item, 0), kind, state, coalesce(waits_for, ''), coalesce(pending, 0),
        coalesce(attempt, 0), coalesce(failures, 0), coalesce(crashes, 0), coalesce(priority, %(priority)s), worker_id,
        coalesce(size, 0), coalesce(begun, 0), budget, coalesce(rank, 0), units,
        coalesce(wake_at, clock_timestamp() + make_interval(secs => wake_seconds))
    FROM json_to_recordset(%(steps)s) AS row (node text, item int, kind text, state text, waits_for text, pending int,
        attempt int, failures int, crashes int, priority int, worker_id uuid, size int, begun int, budget int,
        rank float, units int, wake_at timestamptz, wake_seconds float)
"""
_RESULTS = """
    INSERT INTO workflows_stepresult (run_id, node, item, attempt, port, output, blob_id)
    SELECT %(run)s::uuid, node, item, attempt, port, output::jsonb, blob_id
    FROM json_to_recordset(%(results)s) AS row (node text, item int, attempt int, port text, output text, blob_id uuid)
"""
_ATTEMPTS = """
    INSERT INTO workflows_stepattempt (run_id, node, item, attempt, worker_id, agent, started_at, ended_at, outcome,
        error, waited, input)
    SELECT %(run)s::uuid, node, item, attempt, %(worker)s::uuid, %(agent)s, started_at, ended_at, outcome, error,
        waited, input
    FROM json_to_recordset(%(attempts)s) AS row (node text, item int, attempt int, started_at timestamptz,
        ended_at timestamptz, outcome text, error jsonb, waited float, input jsonb)
"""


def insert(
    run: RunRow, worker: WorkerInfo, *, steps: Sequence[StepRow], results: Sequence[Row], attempts: Sequence[Row]
) -> None:
    """Steps as they were born, results {node, item, attempt, port, output as text, blob_id}, and attempts."""
    rows: dict[str, tuple[str, Sequence[Row]]] = {
        "steps": (_STEPS, [_told(step) for step in steps]),
        "results": (_RESULTS, results),
        "attempts": (_ATTEMPTS, attempts),
    }
    parts = {name: part for name, part in rows.items() if part[1]}
    if not parts:
        return
    *others, (_, last) = ((name, statement) for name, (statement, _) in parts.items())
    before = ", ".join(f"{name} AS ({statement})" for name, statement in others)
    values: dict[str, str | int | None] = {
        "run": str(run.id),
        "priority": run.priority,
        "worker": None if worker.id is None else str(worker.id),
        "agent": worker.agent,
        **{name: json.dumps(written, default=str) for name, (_, written) in parts.items()},
    }
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {before} {last}" if before else last, values)


def _told(step: StepRow) -> Row:
    """Without what goes without saying: most steps are written once, as they ended."""
    return {name: value for name, value in vars(step).items() if value or name == "priority"}


def insert_blobs(run: RunRow, blobs: Sequence[tuple[Any, ...]]) -> None:
    """Of each its id, size and content."""
    with connection.cursor() as cursor:
        for blob in blobs:
            cursor.execute(
                "INSERT INTO workflows_blob (run_id, id, size, content) VALUES (%s, %s, %s, %s)", [run.id, *blob]
            )
