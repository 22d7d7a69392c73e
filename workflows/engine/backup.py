"""A second execution of a step that takes too long, beside the first. Whoever ends first ends the step.

The row names both attempts, and either may finish under its own number. That of the second becomes the step's when it
is the one that finishes; when it is not, the next claim passes over it, so no attempt is ever given twice.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from workflows.engine.refs import StepRef, Task


class Straggler(NamedTuple):
    """A step that another worker has had in hand for a while."""

    ref: StepRef
    workflow_id: int
    seconds: float


_LONG_RUNNING = """
    SELECT run_id, node, item, (SELECT workflow_id FROM workflows_run r WHERE r.id = s.run_id AND r.paused_at IS NULL),
        extract(epoch FROM clock_timestamp() - since)::float8
    FROM workflows_step s
    WHERE wake_at > clock_timestamp() AND state = 'RUNNING' AND backup IS NULL AND kind = ANY(%s)
        AND worker_id <> %s AND since < clock_timestamp() - make_interval(secs => %s)
    ORDER BY since LIMIT 20
"""
_BEGIN = """
    UPDATE workflows_step SET backup = attempt + 1
    WHERE run_id = %s AND node = %s AND item = %s AND state = 'RUNNING' AND backup IS NULL AND worker_id <> %s
    RETURNING backup, failures, crashes, waits_for, failed, size, budget
"""
_PROMOTE = """
    UPDATE workflows_step SET attempt = backup, backup = NULL, worker_id = %s
    WHERE run_id = %s AND node = %s AND item = %s AND state = 'RUNNING' AND backup = %s
"""


def stragglers(kinds: Collection[str], worker_id: UUID, seconds: float) -> list[Straggler]:
    """Steps of these kinds that other workers have had in hand for so long, the longest first."""
    with connection.cursor() as cursor:
        cursor.execute(_LONG_RUNNING, [sorted(kinds), worker_id, seconds])
        return [
            Straggler(StepRef(run_id, node, item), workflow_id, age)
            for run_id, node, item, workflow_id, age in cursor.fetchall()
            if workflow_id is not None
        ]


def begin(ref: StepRef, worker_id: UUID) -> Task | None:
    """None if the step has ended, or has its second execution."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [*ref, worker_id])
        row = cursor.fetchone()
    if row is None:
        return None
    attempt, failures, crashes, waited_for, failed, size, budget = row
    return Task(
        ref.node, ref.item, datetime.now(UTC), attempt, failures, crashes, True, waited_for, failed, size, budget,
        is_backup=True,
    )  # fmt: skip


def promote(ref: StepRef, attempt: int, worker_id: UUID | None) -> None:
    """The second execution was first, under whose lock we are: the other can't finish any more."""
    with connection.cursor() as cursor:
        cursor.execute(_PROMOTE, [worker_id, *ref, attempt])
