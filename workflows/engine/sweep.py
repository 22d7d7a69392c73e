"""Looks after steps whose time has come: lost wake-ups, timers, leases that ran out. Every worker does it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction

from workflows.engine import control, drop, rows, wake
from workflows.engine.cancel import cancel, expire
from workflows.engine.contention import is_contention
from workflows.engine.evidence import note_input
from workflows.engine.failure import fail
from workflows.engine.ledger import Ledger
from workflows.engine.program import program_of
from workflows.engine.refs import StepRef, Task, WorkerInfo, engine_setting
from workflows.states import StepState, WaitFor
from workflows.steps import OnUncertain, StepError

logger = logging.getLogger(__name__)

# A literal: with a parameter Postgres plans for any number of rows, many times slower.
_DUE = """
    SELECT run_id, node, item, kind, state, waits_for, attempt, failures, crashes, pending, held
    FROM workflows_step WHERE wake_at <= clock_timestamp()
    ORDER BY wake_at LIMIT 200 FOR UPDATE SKIP LOCKED
"""
_MAKE_READY = """
    UPDATE workflows_step SET state = 'READY', since = clock_timestamp(),
        wake_at = clock_timestamp() + make_interval(secs => %s)
    WHERE run_id = %s AND node = %s AND item = %s
"""
_LOOK_AGAIN = """
    UPDATE workflows_step SET wake_at = clock_timestamp() + make_interval(secs => %s)
    WHERE run_id = %s AND node = %s AND item = %s
"""
# Whoever looks at a row by itself has so many seconds; then, or if it dies before, the row is due again.
_CARE_SECONDS = 5.0
# Still as it was when it was put aside: nobody renewed its lease, took it over or ended it meanwhile.
_STILL_DUE = """
    SELECT 1 FROM workflows_step
    WHERE run_id = %s AND node = %s AND item = %s AND state = %s AND attempt = %s
        AND wake_at <= clock_timestamp() + make_interval(secs => %s) FOR UPDATE SKIP LOCKED
"""
# The longer it lies ready, the more rarely: in a long line a message each would only make another line.
_ANNOUNCE_AGAIN = """
    UPDATE workflows_step
    SET wake_at = clock_timestamp() + GREATEST(make_interval(secs => %s), LEAST(clock_timestamp() - since, '5 min'))
    WHERE run_id = %s AND node = %s AND item = %s
"""
_SWEEPER = WorkerInfo(None, "sweeper", lambda kind: False)
Due = tuple[UUID, str, int, str, str, str, int, int, int, int, bool]


def sweep() -> int:
    """Acts on at most 200 due steps; answers how many.

    What takes one statement is done for all of them at once. The rest has a transaction each, so that a step which
    others hold, or which can't be taken over, keeps no other from its care.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_DUE)
            due: list[Due] = cursor.fetchall()
        wakes: list[wake.Wake] = []
        apart: list[Due] = []
        for row in due:
            ref, kind, state = StepRef(*row[:3]), row[3], row[4]
            if state in (StepState.RUNNING, StepState.PENDING) or kind == control.KIND:
                apart.append(row)
                _execute(_LOOK_AGAIN, _CARE_SECONDS, ref)
            elif state == StepState.READY:
                _execute(_ANNOUNCE_AGAIN, 2 * engine_setting("READY_GRACE_SECONDS"), ref)
                wakes.append((kind, ref))
            elif _is_endless(row):
                _execute(_LOOK_AGAIN, rows.DAY, ref)
            else:
                _execute(_MAKE_READY, engine_setting("READY_GRACE_SECONDS"), ref)
                wakes.append((kind, ref))
        wake.after_commit(wakes)
    for row in apart:
        _act_apart(row)
    return len(due)


def _is_endless(row: Due) -> bool:
    """Nothing but an answer ends the wait; for a map, the end of its chunks."""
    state, waits_for, pending, held = row[4], row[5], row[-2], row[-1]
    return (
        held
        or state == StepState.UNCERTAIN
        or waits_for == WaitFor.DECISION
        or (waits_for == WaitFor.ITEMS and pending > 0)
    )


def _execute(statement: str, seconds: float, ref: StepRef) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [seconds, *ref])


def _act_apart(row: Due) -> None:
    ref = StepRef(*row[:3])
    try:
        with transaction.atomic():
            if _is_still_due(ref, row):
                _act(row)
    except Exception as error:
        if is_contention(error):
            return  # others are at it; it is due again soon
        # Say of a type that is gone.
        logger.exception("A lost step of run %s could not be taken over", ref.run_id, extra={"node": ref.node})
        _execute(_LOOK_AGAIN, engine_setting("LEASE_SECONDS"), ref)


def _is_still_due(ref: StepRef, row: Due) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_STILL_DUE, [*ref, row[4], row[6], _CARE_SECONDS])
        return cursor.fetchone() is not None


def _act(row: Due) -> None:
    if row[3] == control.KIND:
        _obey(row)
    elif row[4] == StepState.PENDING:
        _begin_without_the_rest(row)
    else:
        _take_over(row)


def _obey(row: Due) -> None:
    """An order to the run: to end."""
    obeyed = expire(row[0]) if row[1] == control.DEADLINE else cancel(row[0])
    if not obeyed:
        control.withdraw(row[0])


def _begin_without_the_rest(row: Due) -> None:
    """A join has waited as long as it may: on with the branches that came, the others are dropped."""
    run_id, node, item, kind, *_ = row
    run = rows.run_row(run_id)
    program = program_of(run.version_id, run.graph_id)
    _execute(_MAKE_READY, engine_setting("READY_GRACE_SECONDS"), StepRef(run_id, node, item))
    dropped = drop.drop_steps(run_id, program.graph.dropped_by(node), item or None)
    wake.after_commit([(kind, StepRef(run_id, node, item)), *dropped])


def _take_over(row: Due) -> None:
    """A worker died or hung in the middle of the step."""
    run_id, node, item, _, _, waits_for, attempt, failures, crashes, *_ = row
    run = rows.run_row(run_id)
    program = program_of(run.version_id, run.graph_id)
    ledger = Ledger(run, program, _SWEEPER, {})
    task = Task(node, item, datetime.now(UTC), attempt, failures, crashes + 1, True, waits_for)
    uncertain = program.instructions[node].on_uncertain
    lost = StepError("The worker was lost in the middle of this step.", code="worker_lost")
    note_input(ledger, task)
    if uncertain is OnUncertain.PARK:
        ledger.park(task, lost)
    elif uncertain is OnUncertain.PROBE:
        ledger.probe(task, lost)
    elif task.crashes >= engine_setting("CRASHES_UNTIL_DEAD"):
        message = f"This step took its worker down {task.crashes} times and is not tried again."
        fail(ledger, task, StepError(message, code="crashed_too_often"), StepState.DEAD)
    else:
        ledger.lose(task, lost)
    ledger.hand_on_all()
    ledger.write()
    wake.after_commit(ledger.wakes)


def expire_leases_of(worker_ids: list[UUID]) -> int:
    """The steps of workers that are known to be gone need not wait for their leases."""
    with connection.cursor() as cursor:
        cursor.execute(
            # In the order of the key, and past what others hold: two who do this can't wait for each other.
            "UPDATE workflows_step AS s SET wake_at = clock_timestamp() FROM ("
            "  SELECT run_id, node, item FROM workflows_step"
            "  WHERE wake_at IS NOT NULL AND state = 'RUNNING' AND worker_id = ANY(%s)"
            "  ORDER BY run_id, node, item FOR UPDATE SKIP LOCKED) AS lost"
            " WHERE (s.run_id, s.node, s.item) = (lost.run_id, lost.node, lost.item)",
            [worker_ids],
        )
        return int(cursor.rowcount)
