"""The end of a map: what its items came to."""

from __future__ import annotations

from django.db import connection

from workflows.engine import values
from workflows.engine.ledger import UNHANDLED, Ledger
from workflows.engine.program import Instruction
from workflows.engine.refs import Task
from workflows.steps import JSON, Done, StepError

Outcome = Done | StepError

SHOWN_ERRORS = 20


def collect(ledger: Ledger, task: Task, instruction: Instruction) -> Outcome:
    """{"count", "succeeded", "failed", "results", "errors"}; results are those of the body's last step."""
    node = instruction.node.id
    chunks = _chunk_sizes(ledger, node)
    body = [one.id for one in ledger.program.graph.nodes.values() if one.scope == node]
    found = values.load(ledger.run.id, ((name, chunk) for name in body for chunk in chunks))
    errors = [
        {"node": name, **outcome[1]}
        for (name, _), (_, outcomes) in sorted(found.items())
        if isinstance(outcomes, list)
        for outcome in outcomes
        if outcome is not None and outcome[0] == UNHANDLED
    ]
    count = sum(chunks.values())
    output = {
        "count": count,
        "succeeded": count - len(errors),
        "failed": len(errors),
        "results": _results(ledger, node, chunks, found),
        "errors": errors[:SHOWN_ERRORS],
    }
    first = errors[0]["message"] if errors else ""
    if task.budget is not None and task.failed > task.budget:
        message = f"{task.failed} items failed, more than the {task.budget} allowed; the rest was left. First: {first}"
        return StepError(message, code="items_failed", details=output["errors"])
    if task.failed and instruction.node.config.get("on_error") == "fail":
        message = f"{task.failed} of {count} items failed. The first: {first}"
        return StepError(message, code="items_failed", details=output["errors"])
    if instruction.type.grows:
        return _of_grown(ledger, node, found, errors)
    return Done(output)


def _of_grown(ledger: Ledger, node: str, found: dict[tuple[str, int], tuple[str, JSON]], errors: JSON) -> Outcome:
    """A step that grew gives what its last steps gave, each under its name."""
    if errors:
        return StepError(errors[0]["message"], code="plan_failed", details=errors[:SHOWN_ERRORS])
    sinks = ledger.program.graph.sinks[node]
    last = {name: found[name, 1][1][0][1] for name in sinks if (name, 1) in found and found[name, 1][1][0]}
    return Done(next(iter(last.values())) if len(sinks) == 1 and last else last)


def last_round(ledger: Ledger, task: Task, instruction: Instruction) -> dict[str, JSON]:
    """What the body of a step that repeats gave last, as `item`, and how often it has run, as `index`."""
    if task.size == 0:
        return {"item": None, "index": 0}
    if task.failed:
        raise StepError(_why(ledger, instruction.node.id, task.size), code="items_failed")
    sinks = ledger.program.graph.sinks[instruction.node.id]
    found = values.load(ledger.run.id, ((sink, task.size) for sink in sinks))
    last = {sink: outcomes[0][1] for (sink, _), (_, outcomes) in found.items() if outcomes and outcomes[0]}
    return {"item": next(iter(last.values()), None) if len(sinks) == 1 else last, "index": task.size}


def _why(ledger: Ledger, node: str, number: int) -> str:
    body = [one.id for one in ledger.program.graph.nodes.values() if one.scope == node]
    found = values.load(ledger.run.id, ((name, number) for name in body))
    messages = [
        outcome[1].get("message", "")
        for _, outcomes in found.values()
        for outcome in outcomes or ()
        if outcome and outcome[0] == UNHANDLED
    ]
    return f"Round {number} failed: {next(iter(messages), '')}"


def _chunk_sizes(ledger: Ledger, node: str) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item FROM workflows_stepresult WHERE run_id = %s AND node = %s AND item > 0 ORDER BY item",
            [ledger.run.id, node],
        )
        chunks = [item for (item,) in cursor.fetchall()]
    slices = values.load(ledger.run.id, ((node, chunk) for chunk in chunks))
    return {chunk: len(slices[node, chunk][1]["items"]) for chunk in chunks}


def _results(ledger: Ledger, node: str, chunks: dict[int, int], found: dict[tuple[str, int], tuple[str, JSON]]) -> JSON:
    """One entry an item, None where it did not get that far."""
    sinks = ledger.program.graph.sinks[node]
    if len(sinks) != 1:
        return []
    results: list[JSON] = []
    for chunk, size in chunks.items():
        outcomes = found.get((sinks[0], chunk), ("", None))[1]
        if isinstance(outcomes, list):
            results += [outcome[1] if outcome and outcome[0] != UNHANDLED else None for outcome in outcomes]
        else:
            results += [None] * size
    return results
