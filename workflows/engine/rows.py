"""The engine's statements on the hot tables. Hand-written SQL lives here and nowhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

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
        since = clock_timestamp(), worker_id = %s,
        size = GREATEST(size, %s), taken = COALESCE(%s, taken), budget = COALESCE(%s, budget),
        wake_at = COALESCE(%s, clock_timestamp() + make_interval(secs => %s))
    WHERE run_id = %s AND node = %s AND item = %s AND attempt = %s
"""

_CLAIM = """
    UPDATE workflows_step AS s SET state = 'RUNNING', worker_id = %s,
        attempt = GREATEST(s.attempt, COALESCE(s.backup, 0)) + 1, backup = NULL,
        since = clock_timestamp(), wake_at = clock_timestamp() + make_interval(secs => %s)
    FROM (SELECT since, waits_for FROM workflows_step
          WHERE run_id = %s AND node = %s AND item = %s AND state = 'READY' FOR UPDATE SKIP LOCKED) AS old
    WHERE s.run_id = %s AND s.node = %s AND s.item = %s
    RETURNING s.attempt, s.failures, s.crashes, s.failed, s.size, s.budget, old.waits_for,
        extract(epoch FROM clock_timestamp() - old.since)::float8
"""


def claim(ref: StepRef, worker_id: UUID | None, now: datetime) -> tuple[Task, bool] | None:
    """Takes a READY step; None if another has it. Also tells whether it lay ready for suspiciously long."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            [worker_id, engine_setting("LEASE_SECONDS"), *ref, *ref],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    attempt, failures, crashes, failed, size, budget, waited_for, waited = row
    task = Task(ref.node, ref.item, now, attempt, failures, crashes, True, waited_for, failed, size, budget, waited)
    return task, waited > engine_setting("READY_GRACE_SECONDS")


# Two statements in one message: the second sees what those have done for whom the first one waited.
_HOLD = """
    SELECT 1 FROM workflows_step WHERE run_id = %(run)s AND node = %(node)s AND item = %(item)s
        AND state = 'RUNNING' AND %(attempt)s IN (attempt, backup) FOR UPDATE;
    SELECT r.version_id, r.graph_id, r.paused_at IS NOT NULL
    FROM workflows_step s JOIN workflows_run r ON r.id = s.run_id
    WHERE s.run_id = %(run)s AND s.node = %(node)s AND s.item = %(item)s
        AND s.state = 'RUNNING' AND %(attempt)s IN (s.attempt, s.backup)
"""


def hold(ref: StepRef, attempt: int) -> tuple[int, int | None, bool] | None:
    """Locks a step that this attempt still owns; answers the run's version, graph and whether it is paused, as of now.

    None if the step was taken over, cancelled or ended.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, {"run": ref.run_id, "node": ref.node, "item": ref.item, "attempt": attempt})
        found: tuple[int, int | None, bool] | None = cursor.fetchone()
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


def hold_back(ref: StepRef, attempt: int) -> bool:
    """Puts a claimed step off until its run is resumed; False if it has been by now."""
    with connection.cursor() as cursor:
        # Whoever resumes the run waits for us, or we for them.
        cursor.execute("SELECT 1 FROM workflows_run WHERE id = %s AND paused_at IS NOT NULL FOR SHARE", [ref.run_id])
        if cursor.fetchone() is None:
            return False
        cursor.execute(
            "UPDATE workflows_step SET state = 'WAITING', held = true, since = clock_timestamp(),"
            " wake_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE run_id = %s AND node = %s AND item = %s AND state = 'RUNNING' AND attempt = %s",
            [DAY, *ref, attempt],
        )
    return True


def renew(ref: StepRef, attempt: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET wake_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE run_id = %s AND node = %s AND item = %s AND state = 'RUNNING' AND %s IN (attempt, backup)",
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
