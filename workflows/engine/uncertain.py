"""A person's word on a step whose effect may have happened: again, done, or failed."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from django.db import connection, transaction

from workflows.engine import rows, wake
from workflows.engine.failure import fail
from workflows.engine.ledger import Ledger
from workflows.engine.program import program_of
from workflows.engine.refs import StepRef, Task, WorkerInfo
from workflows.graph.compile import TOP
from workflows.steps import StepError


class Verdict(StrEnum):
    RETRY = "retry"  # it did not happen, or may happen twice
    DONE = "done"  # it happened
    FAILED = "failed"  # it did not, and shall not


# The verdict is an attempt of its own, told apart from the one that was lost.
_TAKE = """
    UPDATE workflows_step SET state = 'RUNNING', attempt = attempt + 1
    WHERE run_id = %s AND node = %s AND item = %s AND state = 'UNCERTAIN'
    RETURNING attempt, failures, crashes
"""


@transaction.atomic
def settle_uncertain(ref: StepRef, verdict: Verdict, *, by: str) -> bool:
    """False if the step is not uncertain: somebody else was faster, or the run was cancelled."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, list(ref))
        taken = cursor.fetchone()
    if taken is None:
        return False
    run = rows.run_row(ref.run_id)
    program = program_of(run.version_id)
    ledger = Ledger(run, program, WorkerInfo(None, by, lambda kind: False), {})
    attempt, failures, crashes = taken
    task = Task(ref.node, ref.item, datetime.now(UTC), attempt, failures, crashes, exists=True)
    done = {"marked_done_by": by}
    if verdict is Verdict.RETRY:
        ledger.lose(task, StepError(f"{by} lets it be tried again.", code="tried_again"))
    elif verdict is Verdict.FAILED:
        fail(ledger, task, StepError(f"{by} says that it did not happen.", code="marked_failed"))
    elif program.graph.nodes[ref.node].scope == TOP:
        ledger.succeed(task, "out", done)
    else:  # under a map such a step has one item
        ledger.end_chunk(task, [["out", done]], {"out"}, 0)
    while ledger.ready:
        ledger.hand_on(ledger.ready.popleft())
    ledger.write()
    wake.after_commit(ledger.wakes)
    return True
