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
from workflows.graph.compile import is_end
from workflows.states import OPEN, StepState

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


# An update finds its row's lock already held; the condition is the fence all the same.
_UPDATE = """
    UPDATE workflows_step SET state = %s, waits_for = %s, pending = %s, failures = %s, crashes = %s,
        since = clock_timestamp(), worker_id = %s,
        wake_at = COALESCE(%s, clock_timestamp() + make_interval(secs => %s))
    WHERE run_id = %s AND node = %s AND item = %s AND attempt = %s
"""

_INSERT = """
    INSERT INTO workflows_step (run_id, node, item, kind, state, waits_for, pending, attempt, failures, crashes,
        priority, worker_id, wake_at) VALUES %s
"""
_INSERT_ROW = (
    "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,"
    " COALESCE(%s::timestamptz, clock_timestamp() + make_interval(secs => %s)))"
)

# A join is a counter on its own row; whoever brings it to zero decides its state.
_ARRIVE = """
    INSERT INTO workflows_step AS s (run_id, node, item, kind, state, pending, taken, failed, priority)
    VALUES (%(run)s, %(node)s, %(item)s, %(kind)s, 'PENDING', %(incoming)s - %(n)s, %(taken)s, %(failed)s, %(priority)s)
    ON CONFLICT (run_id, node, item) DO UPDATE SET
        pending = s.pending - %(n)s, taken = s.taken + %(taken)s, failed = s.failed + %(failed)s,
        since = clock_timestamp(),
        state = CASE WHEN s.pending > %(n)s THEN 'PENDING' WHEN %(end)s THEN 'SUCCEEDED'
                     WHEN s.taken + %(taken)s > 0 THEN 'READY' ELSE 'SKIPPED' END,
        wake_at = CASE WHEN s.pending = %(n)s AND NOT %(end)s AND s.taken + %(taken)s > 0
                       THEN clock_timestamp() + make_interval(secs => %(grace)s) END
    WHERE s.state = 'PENDING'
    RETURNING s.state, s.taken, s.failed
"""

_CLAIM = """
    UPDATE workflows_step AS s SET state = 'RUNNING', attempt = s.attempt + 1, worker_id = %s,
        since = clock_timestamp(), wake_at = clock_timestamp() + make_interval(secs => %s)
    FROM (SELECT since, waits_for FROM workflows_step
          WHERE run_id = %s AND node = %s AND item = %s AND state = 'READY' FOR UPDATE SKIP LOCKED) AS old
    WHERE s.run_id = %s AND s.node = %s AND s.item = %s
    RETURNING s.attempt, s.failures, s.crashes, s.failed, old.waits_for,
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
    attempt, failures, crashes, failed, waited_for, late = row
    task = Task(ref.node, ref.item, now, attempt, failures, crashes, True, waited_for, failed)
    return task, late


def hold(ref: StepRef, attempt: int) -> bool:
    """Locks a step that this attempt still owns; False if it was taken over, cancelled or ended."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM workflows_step WHERE run_id = %s AND node = %s AND item = %s"
            " AND state = 'RUNNING' AND attempt = %s FOR UPDATE",
            [*ref, attempt],
        )
        return cursor.fetchone() is not None


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
        cursor.execute("SELECT number, version_id, input, priority FROM workflows_run WHERE id = %s", [run_id])
        number, version_id, given, priority = cursor.fetchone()
    return RunRow(run_id, number, version_id, json.loads(given), priority)


def update_step(run_id: UUID, row: StepRow) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _UPDATE,
            [row.state, row.waits_for, row.pending, row.failures, row.crashes, row.worker_id,
             row.wake_at, row.wake_seconds, run_id, row.node, row.item, row.attempt],
        )  # fmt: skip


def insert_steps(run: RunRow, rows: Sequence[StepRow]) -> None:
    _insert(
        _INSERT,
        _INSERT_ROW,
        [
            (run.id, row.node, row.item, row.kind, row.state, row.waits_for, row.pending, row.attempt,
             row.failures, row.crashes, run.priority, row.worker_id, row.wake_at, row.wake_seconds)
            for row in rows
        ],
    )  # fmt: skip


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


@dataclass
class Arrivals:
    """Edges that reached a join in this transaction."""

    n: int = 0
    taken: int = 0
    failed: int = 0


def arrive(run: RunRow, node: str, item: int, kind: str, incoming: int, came: Arrivals) -> tuple[str, int, int] | None:
    """Counts edges at a join; answers its state, taken and failed, or None if it was cancelled."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ARRIVE,
            {
                "run": run.id, "node": node, "item": item, "kind": kind, "incoming": incoming,
                "n": came.n, "taken": came.taken, "failed": came.failed, "priority": run.priority,
                "end": is_end(node), "grace": engine_setting("READY_GRACE_SECONDS"),
            },
        )  # fmt: skip
        found: tuple[str, int, int] | None = cursor.fetchone()
        return found


def end_chunks(run_id: UUID, node: str, chunks: int, failed: int) -> bool:
    """Counts ended chunks on the map's row; True if they were the last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET pending = pending - %(n)s, failed = failed + %(failed)s,"
            " state = CASE WHEN pending = %(n)s THEN 'READY' ELSE state END, since = clock_timestamp(),"
            " wake_at = CASE WHEN pending = %(n)s THEN clock_timestamp() + make_interval(secs => %(grace)s)"
            " ELSE wake_at END"
            " WHERE run_id = %(run)s AND node = %(node)s AND item = 0 AND state = 'WAITING' RETURNING state",
            {
                "n": chunks, "failed": failed, "run": run_id, "node": node,
                "grace": engine_setting("READY_GRACE_SECONDS"),
            },
        )  # fmt: skip
        row = cursor.fetchone()
    return row is not None and row[0] == StepState.READY


def end_run(run_id: UUID, state: str, output: str | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_run SET state = %s, output = %s, finished_at = clock_timestamp()"
            " WHERE id = %s AND state = 'RUNNING'",
            [state, output, run_id],
        )
        return bool(cursor.rowcount == 1)


def note_error(run_id: UUID, error: str) -> None:
    """Keeps the first failure of a run."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_run SET error = %s WHERE id = %s AND error IS NULL", [error, run_id])


def cancel_steps(run_id: UUID) -> int:
    """Cancels what is open; waits for transactions that hold a step."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET state = 'CANCELLED', wake_at = NULL, since = clock_timestamp()"
            " WHERE run_id = %s AND state = ANY(%s)",
            [run_id, [*OPEN, StepState.PENDING]],
        )
        return int(cursor.rowcount)
