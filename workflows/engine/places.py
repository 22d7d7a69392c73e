"""Places of a worker: steps that take several of them never take more together than it has.

What is in hand is read from the rows of steps, under a lock of the worker's own: there is no counter that a kill could
leave wrong, and a worker's next life has a new number and begins with none. What is claimed here is committed before
it is carried out, so that every process of the worker sees it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection

from workflows.engine.refs import StepRef

PATIENCE_SECONDS = 5

# In a transaction of its own; the lock goes with it.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('places:' || %s, 0))"
_FITS = """
    SELECT s.units <= %(places)s - COALESCE((
            SELECT sum(units) FROM workflows_step WHERE wake_at IS NOT NULL AND state = 'RUNNING'
                AND worker_id = %(worker)s), 0)
        AND NOT EXISTS (SELECT 1 FROM workflows_step o WHERE o.wake_at IS NOT NULL AND o.state = 'READY'
            AND o.kind = ANY(%(large)s) AND o.units > s.units AND o.units <= %(places)s
            AND o.since < s.since AND o.since < clock_timestamp() - make_interval(secs => %(patience)s))
    FROM workflows_step s WHERE run_id = %(run)s AND node = %(node)s AND item = %(item)s AND state = 'READY'
"""


def has_room(ref: StepRef, worker_id: UUID, places: int, large: Collection[str]) -> bool:
    """Whether the step may be claimed now. Small ones wait while a larger one has waited for long before them."""
    given: dict[str, Any] = {
        "places": places, "worker": worker_id, "large": sorted(large), "patience": PATIENCE_SECONDS,
        "run": ref.run_id, "node": ref.node, "item": ref.item,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [str(worker_id)])
        cursor.execute(_FITS, given)
        row = cursor.fetchone()
    return row is not None and bool(row[0])
