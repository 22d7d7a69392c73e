"""Counters on rows: edges that reach a join, chunks that end a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from workflows.engine.refs import RunRow, engine_setting
from workflows.graph.compile import is_end
from workflows.states import StepState

# More branches than any join can have.
_ALL = 1_000_000

# A join is a counter on its own row; whoever brings it to zero, or to the branches that it needs, decides its state.
# One that has begun early is not PENDING any more, and what comes later changes nothing.
_ARRIVE = """
    INSERT INTO workflows_step AS s (run_id, node, item, kind, state, pending, taken, failed, priority, rank, units,
        wake_at)
    VALUES (%(run)s, %(node)s, %(item)s, %(kind)s, CASE WHEN %(taken)s >= %(needed)s THEN 'READY' ELSE 'PENDING' END,
        %(incoming)s - %(n)s, %(taken)s, %(failed)s, %(priority)s, %(rank)s, %(units)s,
        clock_timestamp() + make_interval(secs => CASE WHEN %(taken)s >= %(needed)s THEN %(grace)s
                                                       ELSE %(deadline)s END))
    ON CONFLICT (run_id, node, item) DO UPDATE SET
        pending = s.pending - %(n)s, taken = s.taken + %(taken)s, failed = s.failed + %(failed)s,
        since = clock_timestamp(),
        state = CASE WHEN s.taken + %(taken)s >= %(needed)s THEN 'READY' WHEN s.pending > %(n)s THEN 'PENDING'
                     WHEN %(end)s THEN 'SUCCEEDED' WHEN s.taken + %(taken)s > 0 THEN 'READY' ELSE 'SKIPPED' END,
        wake_at = CASE WHEN s.taken + %(taken)s >= %(needed)s
                         OR (s.pending = %(n)s AND NOT %(end)s AND s.taken + %(taken)s > 0)
                       THEN clock_timestamp() + make_interval(secs => %(grace)s)
                       WHEN s.pending > %(n)s THEN s.wake_at END
    WHERE s.state = 'PENDING'
    RETURNING s.state, s.taken, s.failed
"""


@dataclass
class Arrivals:
    """Edges that reached a join in this transaction."""

    n: int = 0
    taken: int = 0
    failed: int = 0


@dataclass(frozen=True)
class JoinRule:
    """Of a join: its edges, the branches that are enough, seconds that it waits at most."""

    kind: str
    incoming: int
    needed: int | None = None
    deadline: float | None = None
    rank: float = 0.0
    units: int = 1


def arrive(run: RunRow, node: str, item: int, rule: JoinRule, came: Arrivals) -> tuple[str, int, int] | None:
    """Counts edges at a join; answers its state, taken and failed, or None if it has begun or was cancelled."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ARRIVE,
            {
                "run": run.id, "node": node, "item": item, "kind": rule.kind, "incoming": rule.incoming,
                "n": came.n, "taken": came.taken, "failed": came.failed, "priority": run.priority,
                "end": is_end(node), "grace": engine_setting("READY_GRACE_SECONDS"),
                "needed": rule.needed or _ALL, "deadline": rule.deadline, "rank": rule.rank, "units": rule.units,
            },
        )  # fmt: skip
        found: tuple[str, int, int] | None = cursor.fetchone()
        return found


def has_begun(run_id: UUID, nodes: Sequence[str], item: int) -> bool:
    """Whether one of these joins is past waiting for its branches."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM workflows_step WHERE run_id = %s AND node = ANY(%s) AND item = %s AND state <> 'PENDING'",
            [run_id, list(nodes), item],
        )
        return cursor.fetchone() is not None


def close_end(run_id: UUID, node: str, item: int) -> int:
    """Ends an end that all edges reached in one transaction; answers the failures that had been counted on its row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET state = 'SUCCEEDED', pending = 0, wake_at = NULL, since = clock_timestamp()"
            " WHERE run_id = %s AND node = %s AND item = %s AND state = 'PENDING' RETURNING failed",
            [run_id, node, item],
        )
        row = cursor.fetchone()
    return 0 if row is None else int(row[0])


@dataclass(frozen=True)
class MapCount:
    """How a map stands after some of its chunks ended."""

    is_complete: bool
    failed: int
    budget: int | None
    begins: range  # chunks whose turn it is now


_END_CHUNKS = """
    UPDATE workflows_step AS s SET pending = s.pending - %(n)s, failed = s.failed + %(failed)s,
        taken = LEAST(s.size, s.taken + %(n)s), since = clock_timestamp(),
        state = CASE WHEN s.pending = %(n)s THEN 'READY' ELSE s.state END,
        wake_at = CASE WHEN s.pending = %(n)s THEN clock_timestamp() + make_interval(secs => %(grace)s)
                       ELSE s.wake_at END
    FROM (SELECT taken FROM workflows_step WHERE run_id = %(run)s AND node = %(node)s AND item = 0 FOR UPDATE) AS old
    WHERE s.run_id = %(run)s AND s.node = %(node)s AND s.item = 0 AND s.state = 'WAITING' AND s.waits_for = 'items'
    RETURNING s.state, s.failed, s.budget, old.taken, s.taken
"""


def end_chunks(run_id: UUID, node: str, chunks: int, failed: int) -> MapCount | None:
    """Counts ended chunks on the map's row; None if the map has ended or was cancelled."""
    grace = engine_setting("READY_GRACE_SECONDS")
    with connection.cursor() as cursor:
        cursor.execute(_END_CHUNKS, {"n": chunks, "failed": failed, "run": run_id, "node": node, "grace": grace})
        row = cursor.fetchone()
    if row is None:
        return None
    state, failures, budget, before, begun = row
    return MapCount(state == StepState.READY, failures, budget, range(before + 1, begun + 1))


def give_up(run_id: UUID, node: str) -> None:
    """Ends a map before its time: what is left of its body was dropped, and the map is ready to say so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET pending = 0, state = 'READY', since = clock_timestamp(),"
            " wake_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE run_id = %s AND node = %s AND item = 0 AND state = 'WAITING' AND waits_for = 'items'",
            [engine_setting("READY_GRACE_SECONDS"), run_id, node],
        )
