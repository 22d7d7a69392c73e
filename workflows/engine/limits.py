"""Places under a limit. A place is a row that its holder's end removes or hands on, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from workflows.engine.refs import StepRef, engine_setting
from workflows.engine.wake import Wake

# In the place of a node: the whole run holds the place.
WHOLE_RUN = ""


@dataclass(frozen=True)
class Rivals:
    """Who else is there under a key: those at it, and those that wait; the oldest first."""

    holders: Sequence[StepRef]
    waiting: Sequence[StepRef]


def lock(key: str) -> None:
    """Until the transaction ends, nobody else changes who is at it under this key."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def enter(key: str, ref: StepRef, places: int, priority: int) -> bool:
    """Takes a place, or stands in line for one; True if the place is there. Asking again is safe."""
    lock(key)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_slot (key, run_id, node, item, priority, place)"
            " SELECT %(key)s, %(run)s, %(node)s, %(item)s, %(priority)s, ("
            "   SELECT min(n) FROM generate_series(1, %(places)s) n"
            "   WHERE n NOT IN (SELECT place FROM workflows_slot WHERE key = %(key)s AND place IS NOT NULL))"
            " ON CONFLICT (key, run_id, node, item) DO UPDATE SET place = COALESCE(workflows_slot.place,"
            "   CASE WHEN workflows_slot.since = (SELECT min(since) FROM workflows_slot"
            "     WHERE key = %(key)s AND place IS NULL) THEN EXCLUDED.place END)"
            " RETURNING place IS NOT NULL",
            {
                "key": key, "run": ref.run_id, "node": ref.node, "item": ref.item,
                "priority": priority, "places": places,
            },
        )  # fmt: skip
        entered: bool = cursor.fetchone()[0]
    return entered


def stand_by(key: str, ref: StepRef) -> bool:
    """Notes that somebody waits under the key without a place; False if it was noted before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_slot (key, run_id, node, item) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [key, *ref],
        )
        return bool(cursor.rowcount == 1)


def stand_down(key: str, ref: StepRef) -> bool:
    """Takes the note back; False if there was none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM workflows_slot WHERE key = %s AND run_id = %s AND node = %s AND item = %s AND place IS NULL",
            [key, *ref],
        )
        return bool(cursor.rowcount == 1)


def rivals(key: str, ref: StepRef) -> Rivals:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT run_id, node, item, place IS NOT NULL FROM workflows_slot WHERE key = %s ORDER BY since", [key]
        )
        found = [(StepRef(*row[:3]), row[3]) for row in cursor.fetchall()]
    others = [(other, holds) for other, holds in found if other != ref]
    return Rivals([one for one, holds in others if holds], [one for one, holds in others if not holds])


def pace(key: str, rate: int, per_seconds: float) -> float:
    """Takes the next turn under a rate; answers in how many seconds it is."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_pace AS p (key, next_at)"
            " VALUES (%(key)s, clock_timestamp() + make_interval(secs => %(gap)s))"
            " ON CONFLICT (key) DO UPDATE"
            " SET next_at = GREATEST(p.next_at, clock_timestamp()) + make_interval(secs => %(gap)s)"
            " RETURNING GREATEST(0, extract(epoch FROM p.next_at - clock_timestamp()) - %(gap)s)",
            {"key": key, "gap": per_seconds / rate},
        )
        return float(cursor.fetchone()[0])


def leave_all(run_id: UUID) -> list[Wake]:
    """Of a run that ends: also what an earlier version of its workflow made it hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT node, item FROM workflows_slot WHERE run_id = %s", [run_id])
        held = cursor.fetchall()
    return leave(run_id, held)


def leave(run_id: UUID, steps: Sequence[tuple[str, int]]) -> list[Wake]:
    """Gives up the places of these steps, each to whoever waits for it next; answers whom to wake."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT key, node, item FROM workflows_slot WHERE run_id = %s AND (node, item) IN %s ORDER BY key",
            [run_id, tuple(steps)],
        )
        held = cursor.fetchall()
    wakes: list[Wake] = []
    for key, node, item in held:
        lock(key)
        wakes += _hand_on(key, StepRef(run_id, node, item))
    return wakes


def _hand_on(key: str, ref: StepRef) -> list[Wake]:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM workflows_slot WHERE key = %s AND run_id = %s AND node = %s AND item = %s RETURNING place",
            [key, *ref],
        )
        gone = cursor.fetchone()
        if gone is None or gone[0] is None:
            return []
        cursor.execute(
            "UPDATE workflows_slot SET place = %s WHERE (key, run_id, node, item) = ("
            " SELECT key, run_id, node, item FROM workflows_slot WHERE key = %s AND place IS NULL"
            " ORDER BY priority DESC, since LIMIT 1) RETURNING run_id, node, item",
            [gone[0], key],
        )
        upcoming = cursor.fetchone()
    return [] if upcoming is None else wake_waiting(StepRef(*upcoming))


def wake_waiting(ref: StepRef, reason: str = "limit") -> list[Wake]:
    """Makes the step ready that waits for its turn; of a whole run, the steps that it begins with."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET state = 'READY', waits_for = %s, since = clock_timestamp(),"
            " wake_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE run_id = %s AND (%s = '' OR (node = %s AND item = %s))"
            " AND state = 'WAITING' AND waits_for = 'limit' RETURNING kind, node, item",
            [reason, engine_setting("READY_GRACE_SECONDS"), ref.run_id, ref.node, ref.node, ref.item],
        )
        return [(kind, StepRef(ref.run_id, node, item)) for kind, node, item in cursor.fetchall()]


def replace(ref: StepRef) -> list[Wake]:
    """Takes the step out of whoever's hands it is in; it ends when it is looked at next."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET state = 'READY', waits_for = 'replaced', attempt = attempt + 1,"
            " since = clock_timestamp(), wake_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE run_id = %s AND node = %s AND item = %s AND wake_at IS NOT NULL RETURNING kind",
            [engine_setting("READY_GRACE_SECONDS"), *ref],
        )
        found = cursor.fetchone()
    return [] if found is None else [(found[0], ref)]
