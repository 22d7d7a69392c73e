"""The failure of a step: of a whole chunk, that of each item that reached it."""

from __future__ import annotations

from workflows.engine.ledger import UNHANDLED, Ledger
from workflows.engine.refs import Task
from workflows.engine.scope import recall, scopes_of_items
from workflows.graph.compile import UNDO, CompiledNode
from workflows.graph.document import ERROR_PORT
from workflows.states import StepState
from workflows.steps import JSON, StepError


def fail(ledger: Ledger, task: Task, error: StepError, state: StepState = StepState.FAILED) -> None:
    instruction = ledger.program.instructions[task.node]
    node = instruction.node
    if _is_asked(node) and not task.decided:
        ledger.ask(task, error)
        return
    if not node.in_map:
        ledger.fail(task, error, state)
        return
    recall(ledger, task, instruction)
    shown = error.as_json()
    outcome: JSON = [ERROR_PORT, {"error": shown}] if ERROR_PORT in node.edges else [UNHANDLED, shown]
    outcomes: list[JSON] = [None] * len(ledger.memory[node.scope, task.item][1]["items"])
    for item in scopes_of_items(ledger, task, instruction):
        outcomes[item.position] = outcome
    failed = 0 if outcome[0] == ERROR_PORT else len(outcomes) - outcomes.count(None)
    ledger.end_chunk(task, outcomes, {outcome[0]} - {UNHANDLED}, failed, state, shown)


def _is_asked(node: CompiledNode) -> bool:
    """A compensation that fails always is a person's matter: the run must not end half undone."""
    return ERROR_PORT not in node.edges and (node.policies.on_failure == "ask" or node.scope == UNDO)
