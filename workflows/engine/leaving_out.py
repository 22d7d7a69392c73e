"""Takes a step that has not begun out of a live run."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from workflows.engine import rows, run_rows, wake
from workflows.engine.graphs import document_of
from workflows.engine.ledger import Ledger
from workflows.engine.pausing import lock_open_steps
from workflows.engine.program import Instruction, Program, program_of
from workflows.engine.refs import RunRow, Task, WorkerInfo
from workflows.graph.compile import TOP
from workflows.graph.document import references
from workflows.models import Run, RunGraph, Step, StepAttempt
from workflows.states import RunState, StepState

_NOBODY = WorkerInfo(None, "", lambda kind: False)


@transaction.atomic
def leave_out(run_id: UUID, node: str) -> str:
    """Empty, or why it can't be. After the commit the step never begins."""
    lock_open_steps(run_id)
    run = rows.run_row(run_id)
    program = program_of(run.version_id, run.graph_id)
    if problem := why_not(run, program, node):
        transaction.set_rollback(True)
        return problem
    run, program = _without(run, program, node)
    row = Step.objects.filter(run_id=run_id, node=node, item=0).exclude(state=StepState.PENDING).first()
    if row is not None:
        ledger = Ledger(run, program, _NOBODY, {})
        ledger.pass_by(Task(node, 0, datetime.now(UTC), row.attempt, row.failures, row.crashes, exists=True))
        ledger.hand_on_all()
        ledger.write()
        wake.after_commit(ledger.wakes)
    return ""


def why_not(run: RunRow, program: Program, node: str) -> str:
    """Why the step can't be left out, in words; empty if it can."""
    known = program.graph.nodes.get(node)
    if known is None:
        return f"The run has no step “{node}”."
    if Run.objects.filter(pk=run.id).exclude(state=RunState.RUNNING).exists():
        return f"Run {run.number} has ended."
    if run.ending:
        return f"Run {run.number} is rolling back; none of its steps goes on."
    if known.scope != TOP:
        return f"“{known.label}” belongs to another step. Only steps that stand on their own can be left out."
    if node in program.left_out:
        return f"“{known.label}” is left out already."
    row = Step.objects.filter(run_id=run.id, node=node, item=0).first()
    return "" if row is None or is_not_begun(row) else f"“{known.label}” has begun already."


def is_not_begun(row: Step) -> bool:
    """No code of it has run: its edges, its turn or its worker are waited for."""
    if row.state in (StepState.READY, StepState.WAITING):
        return not StepAttempt.objects.filter(run_id=row.run_id, node=row.node, item=row.item).exists()
    return row.state == StepState.PENDING


def _without(run: RunRow, program: Program, node: str) -> tuple[RunRow, Program]:
    document = document_of(run)
    graph = RunGraph.objects.create(
        run_id=run.id, document=document, compiled=program.graph.to_json(), left_out=sorted({*program.left_out, node})
    )
    run_rows.set_graph(run.id, graph.pk)
    return rows.run_row(run.id), program_of(run.version_id, graph.pk)


def readers_of(program: Program, node: str) -> list[str]:
    """The steps that name this one's output, by their labels."""
    return [one.node.label for key, one in program.instructions.items() if key != node and node in _named_by(one)]


def _named_by(instruction: Instruction) -> set[str]:
    named = {path[1] for path in instruction.config.references if path[0] == "steps" and len(path) > 1}
    return named | set(references(instruction.node.inputs))
