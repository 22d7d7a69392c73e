"""The engine's statements on the hot tables. Hand-written SQL lives here and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg2.extras import execute_values

from workflows.engine.refs import RunRow, StepRef, Task, engine_setting

DAY = 86_400.0


@dataclass(frozen=True)
class StepRow:
    """A step as it shall stand after the transaction."""

    node: str
    item: int
    kind: str
    state: str
    waits_for: str = ""
    pending: int = 0
    attempt: int = 0
    failures: int = 0
    crashes: int = 0
    wake_seconds: float | None = None  # from the database's now
    wake_at: datetime | None = None
    worker_id: UUID | None = None
    size: int = 0  # chunks of a map,
    begun: int | None = None  # those of them that may run,
    budget: int | None = None  # and how many of its items may fail
    rank: float = 0
    units: int = 1
    priority: int | None = None  # None: its run's


# An update finds its row's lock already held; the condition is the fence all the same.
_UPDATE = """
    UPDATE workflows_step SET state = %s, waits_for = %s, pending = %s, failures = %s, crashes = %s,
        since = clock_timestamp(), worker_id = %s, backup = NULL,
        size = GREATEST(size, %s), taken = COALESCE(%s, taken), budget = COALESCE(%s, budget),
        wake_at = COALESCE(%s, clock_timestamp() + make_interval(secs => %s))
    WHERE run_id = %s AND node = %s AND item = %s AND attempt = %s
"""

_INSERT = """
    INSERT INTO workflows_step (run_id, node, item, kind, state, waits_for, pending, attempt, failures, crashes,
        priority, worker_id, size, taken, budget, rank, units, wake_at) VALUES %s
"""
_INSERT_ROW = (
    "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
    " COALESCE(%s::timestamptz, clock_timestamp() + make_interval(secs => %s)))"
)

_CLAIM = """
    UPDATE workflows_step AS s SET state = 'RUNNING', attempt = s.attempt + 1, worker_id = %s,
        since = clock_timestamp(), wake_at = clock_timestamp() + make_interval(secs => %s)
    FROM (SELECT since, waits_for FROM workflows_step
          WHERE run_id = %s AND node = %s AND item = %s AND state = 'READY' FOR UPDATE SKIP LOCKED) AS old
    WHERE s.run_id = %s AND s.node = %s AND s.item = %s
    RETURNING s.attempt, s.failures, s.crashes, s.failed, s.size, s.budget, old.waits_for,
        clock_timestamp() - old.since > make_interval(secs => %s)
"""


def claim(ref: StepRef, worker_id: UUID | None, now: datetime) -> tuple[Task, bool] | None:
    """Takes a READY step; None if another has it. Also tells whether it lay ready for suspiciously long."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            [worker_id, engine_setting("LEASE_SECONDS"), *ref, *ref, engine_setting("READY_GRACE_SECONDS")],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    attempt, failures, crashes, failed, size, budget, waited_for, late = row
    task = Task(ref.node, ref.item, now, attempt, failures, crashes, True, waited_for, failed, size, budget)
    return task, late


def hold(ref: StepRef, attempt: int) -> tuple[int, int | None] | None:
    """Locks a step that this attempt still owns; answers the run's version and graph as they are now.

    None if the step was taken over, cancelled or ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.version_id, r.graph_id FROM workflows_step s JOIN workflows_run r ON r.id = s.run_id"
            " WHERE s.run_id = %s AND s.node = %s AND s.item = %s AND s.state = 'RUNNING'"
            " AND %s IN (s.attempt, s.backup) FOR UPDATE OF s",
            [*ref, attempt],
        )
        found: tuple[int, int | None] | None = cursor.fetchone()
        return found


def postpone(ref: StepRef, seconds: float, attempt: int | None = None) -> None:
    """Puts a step off that others' locks kept from running: a claimed one under its attempt, else a ready one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET state = 'WAITING', waits_for = COALESCE(NULLIF(waits_for, ''), 'retry'),"
            " since = clock_timestamp(), wake_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE run_id = %s AND node = %s AND item = %s"
            " AND state = CASE WHEN %s IS NULL THEN 'READY' ELSE 'RUNNING' END AND attempt = COALESCE(%s, attempt)",
            [seconds, *ref, attempt, attempt],
        )


def hold_back(ref: StepRef, attempt: int) -> None:
    """Puts a claimed step off until its run is resumed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET state = 'WAITING', held = true, since = clock_timestamp(),"
            " wake_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE run_id = %s AND node = %s AND item = %s AND state = 'RUNNING' AND attempt = %s",
            [DAY, *ref, attempt],
        )


def renew(ref: StepRef, attempt: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET wake_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE run_id = %s AND node = %s AND item = %s AND state = 'RUNNING' AND attempt = %s",
            [engine_setting("LEASE_SECONDS"), *ref, attempt],
        )
        return bool(cursor.rowcount == 1)


def run_row(run_id: UUID) -> RunRow:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, version_id, input, priority, graph_id, paused_at IS NOT NULL, ending, depth"
            " FROM workflows_run WHERE id = %s",
            [run_id],
        )
        number, version_id, given, *rest = cursor.fetchone()
    return RunRow(run_id, number, version_id, json.loads(given), *rest)


def update_step(run_id: UUID, row: StepRow) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _UPDATE,
            [row.state, row.waits_for, row.pending, row.failures, row.crashes, row.worker_id,
             row.size, row.begun, row.budget, row.wake_at, row.wake_seconds, run_id, row.node, row.item, row.attempt],
        )  # fmt: skip


def insert_steps(run: RunRow, rows: Sequence[StepRow]) -> None:
    _insert(
        _INSERT,
        _INSERT_ROW,
        [
            (run.id, row.node, row.item, row.kind, row.state, row.waits_for, row.pending, row.attempt,
             row.failures, row.crashes, _priority(run, row), row.worker_id, row.size, row.begun or 0, row.budget,
             row.rank, row.units, row.wake_at, row.wake_seconds)
            for row in rows
        ],
    )  # fmt: skip


def _priority(run: RunRow, row: StepRow) -> int:
    return run.priority if row.priority is None else row.priority


def insert_results(rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows: (run_id, node, item, attempt, port, output as text, blob_id)."""
    _insert(
        "INSERT INTO workflows_stepresult (run_id, node, item, attempt, port, output, blob_id) VALUES %s",
        None,
        rows,
    )


def insert_attempts(rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows: (run_id, node, item, attempt, worker_id, agent, started_at, ended_at, outcome, error as text)."""
    _insert(
        "INSERT INTO workflows_stepattempt (run_id, node, item, attempt, worker_id, agent, started_at, ended_at,"
        " outcome, error) VALUES %s",
        None,
        rows,
    )


def insert_blobs(rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows: (run_id, id, size, content)."""
    _insert("INSERT INTO workflows_blob (run_id, id, size, content) VALUES %s", None, rows)


def _insert(statement: str, template: str | None, rows: Iterable[tuple[Any, ...]]) -> None:
    rows = list(rows)
    if rows:
        with connection.cursor() as cursor:
            execute_values(cursor.cursor, statement, rows, template=template, page_size=1000)
