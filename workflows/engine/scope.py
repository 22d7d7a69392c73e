"""What a step's expressions can see: the run's input, earlier outputs, and under a map the item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workflows.engine import values
from workflows.engine.ledger import Ledger
from workflows.engine.program import Instruction
from workflows.engine.refs import Task
from workflows.engine.sheet import Key
from workflows.graph.compile import TOP
from workflows.steps import JSON

Memory = dict[Key, tuple[str, JSON]]


@dataclass(frozen=True)
class ItemScope:
    """One item of a chunk with the scope of its expressions."""

    position: int  # in the chunk
    index: int  # in the map's items
    scope: Mapping[str, JSON]


def _key(ledger: Ledger, node: str, task: Task) -> Key:
    """Where a node's output is, seen from the task: beside it in its chunk, or at the top."""
    nodes = ledger.program.graph.nodes
    return node, task.item if nodes[node].scope == nodes[task.node].scope else 0


def recall(ledger: Ledger, task: Task, instruction: Instruction) -> None:
    """Loads what the step reads and this process does not know yet."""
    keys = {_key(ledger, node, task) for node in instruction.needs if node in ledger.program.graph.nodes}
    scope = instruction.node.scope
    if scope != TOP:
        keys.add((scope, task.item))
        keys.update(_key(ledger, node, task) for node, _ in instruction.node.sources)
    missing = [key for key in keys if key not in ledger.memory]
    ledger.memory.update(values.load(ledger.run.id, missing))


def _base(ledger: Ledger) -> dict[str, JSON]:
    return {"input": ledger.run.input, "run": ledger.run_facts, "now": datetime.now(UTC)}


def _outputs(ledger: Ledger, task: Task, instruction: Instruction) -> dict[str, JSON]:
    """{node: {"output"}} of the needed nodes outside the task's chunk."""
    found: dict[str, JSON] = {}
    for node in instruction.needs:
        key = _key(ledger, node, task) if node in ledger.program.graph.nodes else None
        if key in ledger.memory and (task.item == 0 or key[1] == 0):
            found[node] = {"output": ledger.memory[key][1]}
    return found


def scope_of(ledger: Ledger, task: Task, instruction: Instruction) -> dict[str, JSON]:
    return {**_base(ledger), "steps": _outputs(ledger, task, instruction)}


def scopes_of_items(ledger: Ledger, task: Task, instruction: Instruction) -> Iterator[ItemScope]:
    """The items of the chunk that reached this step, by the ports their earlier steps left through."""
    _, chunk = ledger.memory[instruction.node.scope, task.item]
    base, outer = _base(ledger), _outputs(ledger, task, instruction)
    inner = [
        (node, ledger.memory[node, task.item][1])
        for node in instruction.needs
        if (node, task.item) in ledger.memory and node != instruction.node.scope
    ]
    for position, item in enumerate(chunk["items"]):
        if not _reached(ledger.memory, task, instruction, position):
            continue
        steps = dict(outer)
        for node, outcomes in inner:
            if outcomes[position] is not None:
                steps[node] = {"output": outcomes[position][1]}
        index = chunk["start"] + position
        yield ItemScope(position, index, {**base, "steps": steps, "item": item, "index": index})


def _reached(memory: Mapping[Key, tuple[str, Any]], task: Task, instruction: Instruction, position: int) -> bool:
    if not instruction.node.sources:
        return True
    return any(
        outcomes[position] is not None and outcomes[position][0] == port
        for node, port in instruction.node.sources
        for outcomes in [memory.get((node, task.item), ("", [None] * (position + 1)))[1]]
        if isinstance(outcomes, list)
    )
