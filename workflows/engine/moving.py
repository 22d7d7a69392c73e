"""Moves an open run to another version: what it did stays, what it has not begun follows the new graph."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from workflows.engine import rows, wake
from workflows.engine.ledger import Ledger
from workflows.engine.pausing import lock_open_steps
from workflows.engine.program import Program, program_of
from workflows.engine.refs import RunRow, WorkerInfo
from workflows.engine.repeat import ports_of_ended
from workflows.graph.compile import CONTROL, TOP, CompiledGraph, CompiledNode, end_of, is_end
from workflows.models import Run, Step
from workflows.states import OPEN, RunState, StepState
from workflows.steps import Family

_NOBODY = WorkerInfo(None, "", lambda kind: False)
Mapped = Mapping[str, str]  # old node -> new node; those not named keep their names


@dataclass(frozen=True)
class Move:
    """A run before its move: its row, both graphs, and the steps that have begun."""

    run: RunRow
    is_open: bool
    old: CompiledGraph
    new: Program
    renamed: Mapped
    begun: Mapping[str, set[str]]  # node -> the states of its rows

    def name(self, node: str) -> str:
        return self.renamed.get(node, node)


def why_not(run_id: UUID, version_id: int, mapping: Mapped) -> str:
    """Why the run can't be moved, in words; empty if it can, as things stand."""
    return _fault(_read(run_id, version_id, mapping))


@transaction.atomic
def move(run_id: UUID, version_id: int, mapping: Mapped) -> str:
    """Empty, or why it was left as it is. A worker in the middle of a step goes on in the new version."""
    lock_open_steps(run_id)
    planned = _read(run_id, version_id, mapping)
    if fault := _fault(planned):
        transaction.set_rollback(True)
        return fault
    names = {node: planned.name(node) for node in planned.begun if planned.name(node) != node}
    _forget_what_waits(run_id, planned)
    _rename(run_id, planned.old, names)
    Run.objects.filter(pk=run_id).update(version_id=version_id)
    _follow_new_graph(rows.run_row(run_id), planned)
    return ""


def _read(run_id: UUID, version_id: int, mapping: Mapped) -> Move:
    run = rows.run_row(run_id)
    begun: dict[str, set[str]] = {}
    for node, state in Step.objects.filter(run_id=run_id).values_list("node", "state").distinct():
        if not is_end(node) and not node.startswith(CONTROL) and state != StepState.PENDING:
            begun.setdefault(node, set()).add(state)
    is_open = Run.objects.filter(pk=run_id, state=RunState.RUNNING).exists()
    old, new = program_of(run.version_id), program_of(version_id)
    renamed = {old: new for old, new in mapping.items() if old in begun}
    return Move(run, is_open, old.graph, new, renamed, begun)


def _fault(planned: Move) -> str:
    if not planned.is_open:
        return "It has ended."
    if planned.run.ending:
        return "It is rolling back."
    if planned.run.graph_id is not None:
        return "Its own steps were changed while it ran."
    if planned.run.version_id == planned.new.version_id:
        return "It follows this version already."
    if len({planned.name(node) for node in planned.begun}) < len(planned.begun):
        return "The mapping leads two of its steps to one."
    for node in planned.begun:
        if fault := _fault_of(planned, node):
            return fault
    return ""


def _fault_of(planned: Move, node: str) -> str:
    """Why a step that has begun has no place in the new version."""
    was, name = planned.old.nodes[node], planned.name(node)
    now = planned.new.graph.nodes.get(name)
    version = planned.new.number
    if now is None:
        return f"“{was.label}” has begun, and version {version} has no such step. Map it to another."
    if now.type != was.type:
        return f"“{was.label}” has begun as {was.type}; in version {version} it is {now.type}."
    if now.scope != (planned.name(was.scope) if was.in_map else was.scope):
        return f"“{was.label}” has begun, and stands elsewhere in version {version}."
    if name != node and (_is_open(planned, node) or _is_open(planned, was.scope)):
        # Its name is part of the key by which others tell its effect apart.
        return f"“{was.label}” is under way; only a step that has ended can go by another name."
    if node in planned.old.entries and _is_open(planned, node) and not _is_same_inside(planned, node):
        return f"“{was.label}” is at its items, and version {version} does something else with them."
    return _fault_before(planned, was, now) if was.scope == TOP else ""


def _is_open(planned: Move, node: str) -> bool:
    return bool(planned.begun.get(node, set()) & set(OPEN))


def _fault_before(planned: Move, was: CompiledNode, now: CompiledNode) -> str:
    """A step that comes newly before one that has begun would come too late."""
    begun = {planned.name(node) for node in planned.begun}
    before = {planned.name(source) for source, _ in was.sources}
    for source, _ in now.sources:
        if source not in begun and source not in before:
            label = planned.new.graph.nodes[source].label
            return f"“{was.label}” has begun, and in version {planned.new.number} “{label}” comes before it."
    return ""


def _is_same_inside(planned: Move, container: str) -> bool:
    """A container at its items keeps its rows; so its body must have the same steps and ways."""
    bodies = [
        {node.id: (node.type, node.edges) for node in graph.nodes.values() if node.scope == container}
        for graph in (planned.old, planned.new.graph)
    ]
    one_by_one = [container in graph.one_by_one for graph in (planned.old, planned.new.graph)]
    return bodies[0] == bodies[1] and one_by_one[0] == one_by_one[1]


# Rows


def _forget_what_waits(run_id: UUID, planned: Move) -> None:
    """Joins at the top that are not complete, and the run's end: counted anew in the new graph."""
    top = [node for node, known in planned.old.nodes.items() if known.scope == TOP]
    Step.objects.filter(run_id=run_id, node__in=[*top, end_of(TOP)], state=StepState.PENDING).delete()


_NAMED = (
    "workflows_step", "workflows_stepresult", "workflows_stepattempt", "workflows_signal", "workflows_approval",
)  # fmt: skip


def _rename(run_id: UUID, graph: CompiledGraph, names: Mapped) -> None:
    """In two steps, so that two that swap their names never have the same."""
    every = {**names, **{end_of(old): end_of(new) for old, new in names.items() if old in graph.entries}}
    away = {old: f"~{number}" for number, old in enumerate(every)}
    back = {f"~{number}": new for number, new in enumerate(every.values())}
    with connection.cursor() as cursor:
        for table in _NAMED if every else ():
            for pairs in (away, back):
                cursor.execute(
                    f"UPDATE {table} SET node = %s::jsonb ->> node"  # noqa: S608 - our own words
                    " WHERE run_id = %s AND node = ANY(%s)",
                    [json.dumps(pairs), run_id, list(pairs)],
                )


def _follow_new_graph(run: RunRow, planned: Move) -> None:
    """Resolves the ways from the steps that have ended to those that have not begun."""
    program = planned.new
    graph = program.graph
    begun = {planned.name(node) for node in planned.begun}
    top = [node for node in graph.order if graph.nodes[node].scope == TOP]
    ahead = [node for node in top if node not in begun]
    ledger = Ledger(run, program, _NOBODY, {})
    entries = [node for node in graph.entries[TOP] if node in ahead]
    # Another trigger of the new version did not start this run.
    ledger.start(
        [node for node in entries if program.instructions[node].type.family is not Family.TRIGGER], among=entries
    )
    ports = ports_of_ended(run.id, graph, (), [node for node in top if node in begun])
    for node in top:
        if node in ports:
            ledger.replay(node, ports[node], ahead)
    ledger.hand_on_all()
    ledger.write()
    wake.after_commit(ledger.wakes)
