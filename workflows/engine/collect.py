"""The end of a map: what its items came to."""

from __future__ import annotations

from django.db import connection

from workflows.engine import values
from workflows.engine.ledger import UNHANDLED, Ledger
from workflows.engine.program import Instruction
from workflows.engine.refs import Task
from workflows.steps import JSON, Done, StepError

SHOWN_ERRORS = 20


def collect(ledger: Ledger, task: Task, instruction: Instruction) -> Done | StepError:
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
    if task.failed and instruction.node.config.get("on_error") == "fail":
        message = f"{task.failed} of {count} items failed. The first: {errors[0]['message'] if errors else ''}"
        return StepError(message, code="items_failed", details=output["errors"])
    return Done(output)


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
