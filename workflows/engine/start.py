"""Begins a run: its row, its key, and the steps that are ready first, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string
from uuid_utils.compat import uuid7

from crm.errors import InvalidInput
from workflows.engine import control, run_rows, wake
from workflows.engine.admission import Never, NotYet, stand_in_line
from workflows.engine.ledger import Ledger
from workflows.engine.program import Program, program_of
from workflows.engine.refs import RunRow, StepRef, WorkerInfo
from workflows.graph.compile import TOP
from workflows.models import Run
from workflows.steps import JSON, Family

DEEPEST = 5
_NOBODY = WorkerInfo(None, "", lambda kind: False)


class AlreadyStarted(Exception):
    """A run with this key exists."""

    def __init__(self, run_id: UUID) -> None:
        super().__init__(str(run_id))
        self.run_id = run_id


class UnknownTrigger(InvalidInput):
    code = "unknown_trigger"


@transaction.atomic
def start(
    *, version_id: int, given: JSON, started_by: tuple[str, str], trigger: str | None = None,
    key: str | None = None, depth: int = 0, parent: StepRef | None = None, parent_waits: bool = False,
    opened: Callable[[Run], object] | None = None, carry: bool = False, repeats: UUID | None = None,
) -> Run:  # fmt: skip
    """Starts a run of the version; with a key that was used before, raises AlreadyStarted.

    `opened` is called with the new row; with `carry` the run is carried on in this transaction as far as that goes.
    """
    program = program_of(version_id)
    run_id = uuid7()
    if key is not None:
        take_key(program.workflow_id, key, run_id)
    entries = _entries(program, trigger)
    run = Run(
        id=run_id, version_id=version_id, workflow_id=program.workflow_id, trigger=trigger or "",
        started_by_id=started_by[0], started_by=started_by[1], input=given, depth=depth,
        parent_run=parent and parent.run_id,
        parent_node=parent.node if parent and parent_waits else "", parent_item=parent.item if parent else 0,
        priority=program.graph.settings.priority, repeats_run=repeats,
    )  # fmt: skip
    run_rows.insert_run(run)
    if opened is not None:
        opened(run)
    ledger = Ledger(RunRow(run_id, run.number, version_id, given, run.priority, depth=depth), program, _NOBODY, {})
    ledger.start(entries)
    if set_going(ledger, carry=carry) and (end := ledger.closed):
        run.state, run.error, run.finished_at = end.state, end.error, end.at
        run.output = None if end.output is None else json.loads(end.output)
    return run


def set_going(ledger: Ledger, *, carry: bool = False) -> bool:
    """Writes a new run's first steps, or has them wait for their turn; True if they were carried out right here."""
    deadline = ledger.program.graph.settings.deadline_seconds
    if deadline is not None:
        control.order(ledger.run.id, control.DEADLINE, deadline)
    turn = stand_in_line(ledger)
    if turn is not None:
        _wait_or_leave(ledger, turn)
    elif carry:
        import_string(settings.STEP_CARRIER)(ledger)
        return True
    ledger.hand_on_all()
    ledger.write()
    wake.after_commit(ledger.wakes)
    return False


def _wait_or_leave(ledger: Ledger, turn: NotYet | Never) -> None:
    """Others of its kind are under way: its first steps wait for their turn, or the run is not carried out."""
    if isinstance(turn, Never):
        ledger.leave({"code": turn.reason, "message": "Another run for the same key was under way."})
    while ledger.ready:
        ledger.put_off(ledger.ready.popleft(), turn.seconds if isinstance(turn, NotYet) else None)


def take_key(workflow_id: int, key: str, run_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_runkey (workflow_id, key, run_id) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            [workflow_id, key, run_id],
        )
        if cursor.rowcount:
            return
        cursor.execute("SELECT run_id FROM workflows_runkey WHERE workflow_id = %s AND key = %s", [workflow_id, key])
        raise AlreadyStarted(cursor.fetchone()[0])


def _entries(program: Program, trigger: str | None) -> list[str]:
    """The trigger that fired; for a person the workflow's own person trigger, else its first; and what has none."""
    entries = program.graph.entries[TOP]
    triggers = [node for node in entries if program.instructions[node].type.family is Family.TRIGGER]
    others = [node for node in entries if node not in triggers]
    if trigger and trigger not in entries:
        raise UnknownTrigger(f"This version has no trigger “{trigger}”. Its triggers: {', '.join(triggers) or 'none'}.")
    if trigger in triggers:
        return [str(trigger), *others]
    by_person = [node for node in triggers if program.graph.nodes[node].type == "trigger_person"]
    return [*(by_person or triggers)[:1], *others]
