"""A person's word on a step that is theirs: its effect may have happened, or it failed and they are asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.db import connection, transaction

from workflows.engine import rows, wake
from workflows.engine.failure import fail
from workflows.engine.ledger import Ledger
from workflows.engine.program import Program, program_of
from workflows.engine.refs import StepRef, Task, WorkerInfo
from workflows.graph.document import DEFAULT_PORT, ERROR_PORT
from workflows.steps import JSON, StepError


class Verdict(StrEnum):
    RETRY = "retry"  # it did not happen, or may happen twice; or what kept it from succeeding is mended
    DONE = "done"  # it happened, or was done by hand
    FAILED = "failed"  # it did not, and shall not


@dataclass(frozen=True)
class Decision:
    verdict: Verdict
    by: str
    reason: str = ""
    # With DONE: what the step came to, for the steps that read it.
    output: JSON = None
    port: str = DEFAULT_PORT


def ports_of(program: Program, node: str) -> list[str]:
    """The ways by which a step that was done can be left."""
    edges = program.graph.nodes[node].edges if node in program.graph.nodes else {}
    return [port for port in edges if port not in (ERROR_PORT, "*")] or [DEFAULT_PORT]


# The decision is an attempt of its own, told apart from the one before.
_TAKE = """
    UPDATE workflows_step SET state = 'RUNNING', attempt = attempt + 1
    WHERE run_id = %s AND node = %s AND item = %s
        AND (state = 'UNCERTAIN' OR (state = 'WAITING' AND waits_for = 'decision'))
    RETURNING attempt
"""


@transaction.atomic
def decide(ref: StepRef, decision: Decision) -> bool:
    """False if the step is not a person's any more: somebody else was faster, or the run was cancelled."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, list(ref))
        taken = cursor.fetchone()
    if taken is None:
        return False
    run = rows.run_row(ref.run_id)
    program = program_of(run.version_id, run.graph_id)
    ledger = Ledger(run, program, WorkerInfo(None, decision.by, lambda kind: False), {})
    # Its tries are counted anew.
    task = Task(ref.node, ref.item, datetime.now(UTC), taken[0], exists=True, decided=True)
    _carry_out(ledger, task, decision)
    ledger.hand_on_all()
    ledger.write()
    wake.after_commit(ledger.wakes)
    return True


def _carry_out(ledger: Ledger, task: Task, decision: Decision) -> None:
    because = f" {decision.reason}" if decision.reason else ""
    if decision.verdict is Verdict.RETRY:
        ledger.lose(task, StepError(f"{decision.by} lets it be tried again.{because}", code="tried_again"))
    elif decision.verdict is Verdict.FAILED:
        fail(ledger, task, StepError(f"{decision.by} says that it failed.{because}", code="marked_failed"))
    else:
        output = {"marked_done_by": decision.by} if decision.output is None else decision.output
        if ledger.program.graph.nodes[task.node].in_map:  # there such a step has one item
            ledger.end_chunk(task, [[decision.port, output]], {decision.port}, 0)
        else:
            ledger.succeed(task, decision.port, output)
