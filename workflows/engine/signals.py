"""What steps wait for: kept first, then the step is made ready, in the sender's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from django.db import connection, transaction

from workflows.engine import wake
from workflows.engine.refs import StepRef, engine_setting
from workflows.states import FOR_ANSWER
from workflows.steps import JSON

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def lock_step(run_id: UUID, node: str, item: int) -> None:
    """For those who will change more than the step: steps are locked first, as a cancel locks them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM workflows_step WHERE run_id = %s AND node = %s AND item = %s FOR UPDATE",
            [run_id, node, item],
        )


@transaction.atomic
def send_signal(*, run_id: UUID, node: str, item: int, key: str, payload: JSON) -> bool:
    """Hands a waiting step its answer; False if the same signal was sent before."""
    with connection.cursor() as cursor:
        # These locks order us after a transaction that is just about to wait, with a row of its step or without.
        cursor.execute(_ONE_AT_A_TIME, [f"{run_id}/{node}/{item}"])
        cursor.execute(
            "SELECT kind FROM workflows_step WHERE run_id = %s AND node = %s AND item = %s FOR UPDATE",
            [run_id, node, item],
        )
        found = cursor.fetchone()
        cursor.execute(
            "INSERT INTO workflows_signal (run_id, node, item, dedup_key, payload) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [run_id, node, item, key, json.dumps(payload)],
        )
        if cursor.rowcount == 0:
            return False
        cursor.execute(
            "UPDATE workflows_step SET state = 'READY', since = clock_timestamp(),"
            " wake_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE run_id = %s AND node = %s AND item = %s AND state = 'WAITING' AND waits_for = ANY(%s)",
            [engine_setting("READY_GRACE_SECONDS"), run_id, node, item, list(FOR_ANSWER)],
        )
        if cursor.rowcount:
            wake.after_commit([(found[0], StepRef(run_id, node, item))])
    return True


def came_early(ref: StepRef) -> bool:
    """Whether the answer to a step without a row is there already; whoever sends one now waits for our commit."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [f"{ref.run_id}/{ref.node}/{ref.item}"])
        cursor.execute(
            "SELECT 1 FROM workflows_signal WHERE run_id = %s AND node = %s AND item = %s LIMIT 1", list(ref)
        )
        return cursor.fetchone() is not None


def newest(run_id: UUID, node: str, item: int) -> JSON | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT payload FROM workflows_signal WHERE run_id = %s AND node = %s AND item = %s"
            " AND dedup_key NOT LIKE %s ORDER BY at DESC LIMIT 1",
            [run_id, node, item, f"{_PARTS}%"],
        )
        row = cursor.fetchone()
    return None if row is None else json.loads(row[0])


# Of a chunk of which some items are tried again: what the others came to.
_PARTS = "items:"


def keep_parts(ref: StepRef, attempt: int, parts: Mapping[int, JSON]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_signal (run_id, node, item, dedup_key, payload) VALUES (%s, %s, %s, %s, %s)",
            [*ref, f"{_PARTS}{attempt}", json.dumps(parts, default=str)],
        )


def parts_of(ref: StepRef) -> dict[int, JSON]:
    """What items of a chunk came to in earlier tries, by their position."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT payload FROM workflows_signal WHERE run_id = %s AND node = %s AND item = %s AND dedup_key LIKE %s",
            [*ref, f"{_PARTS}%"],
        )
        return {int(position): part for (text,) in cursor for position, part in json.loads(text).items()}
