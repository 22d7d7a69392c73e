"""Repeats an ended run from one of its steps: what came before is copied, the rest happens again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from uuid_utils.compat import uuid7

from workflows.engine.ledger import Ledger, ports_past
from workflows.engine.program import Program, program_of
from workflows.engine.refs import RunRow, WorkerInfo
from workflows.engine.start import set_going, take_key
from workflows.graph.compile import END, TOP, UNDO, CompiledGraph, end_of, is_end
from workflows.graph.document import ERROR_PORT
from workflows.models import Run, RunGraph, Step, StepResult
from workflows.states import StepState

_NOBODY = WorkerInfo(None, "", lambda kind: False)

_COPY_STEPS = """
    INSERT INTO workflows_step (run_id, node, item, kind, state, priority, pending, taken, failed, size, attempt,
        failures, crashes, since, budget, rank, units)
    SELECT %(new)s, node, item, kind, state, priority, pending, taken, failed, size, attempt,
        failures, crashes, since, budget, rank, units
    FROM workflows_step WHERE run_id = %(old)s AND node = ANY(%(nodes)s) AND wake_at IS NULL
"""
_COPY_RESULTS = """
    INSERT INTO workflows_stepresult (run_id, node, item, attempt, port, output, blob_id, finished_at)
    SELECT %(new)s, node, item, attempt, port, output, blob_id, finished_at
    FROM workflows_stepresult WHERE run_id = %(old)s AND node = ANY(%(nodes)s)
"""
_COPY_BLOBS = """
    INSERT INTO workflows_blob (run_id, id, size, content)
    SELECT %(new)s, b.id, b.size, b.content FROM workflows_blob b
    WHERE b.run_id = %(old)s AND b.id IN (
        SELECT blob_id FROM workflows_stepresult
        WHERE run_id = %(old)s AND node = ANY(%(nodes)s) AND blob_id IS NOT NULL)
"""


@dataclass(frozen=True)
class Plan:
    """Which steps are copied and which happen again, in the graph's order; those inside containers included."""

    start: str
    copied: tuple[str, ...]
    again: tuple[str, ...]


class NotFrom(Exception):
    """The run can't be repeated from this step; the text says why."""


def plan(run_id: UUID, program: Program, node: str) -> Plan:
    """Raises NotFrom."""
    graph = program.graph
    start = _outermost(graph, node)
    states = dict(Step.objects.filter(run_id=run_id, item=0).values_list("node", "state"))
    if start not in graph.nodes:
        raise NotFrom(f"The run has no step “{node}”.")
    label = graph.nodes[start].label
    if graph.nodes[start].scope == UNDO:
        raise NotFrom(f"“{label}” undoes another step. Repeat the run from that one.")
    if states.get(start, StepState.SKIPPED) == StepState.SKIPPED:
        raise NotFrom(f"The run did not come to “{label}”, so there is nothing to repeat from there.")
    again = _again(graph, states, start)
    inside = {key for key in graph.nodes if graph.nodes[key].scope not in (TOP, UNDO)}
    top = [key for key in graph.order if key in graph.nodes and graph.nodes[key].scope == TOP]
    kept = {key for key in top if key not in again}
    copied = kept | {key for key in inside if _outermost(graph, key) in kept}
    order = [key for key in graph.order if key in graph.nodes and graph.nodes[key].scope != UNDO]
    return Plan(start, tuple(key for key in order if key in copied), tuple(key for key in order if key not in copied))


def _outermost(graph: CompiledGraph, node: str) -> str:
    while node in graph.nodes and graph.nodes[node].scope not in (TOP, UNDO):
        node = graph.nodes[node].scope
    return node


def _again(graph: CompiledGraph, states: Mapping[str, str], start: str) -> set[str]:
    """The step and what is after it; and what did not end well, or was undone, with what is after that."""
    after_start = _after(graph, {start})
    excused = {
        loser
        for join, losers in graph.losers.items()
        if states.get(join) == StepState.SUCCEEDED and join not in after_start
        for loser in losers
    }
    bad = {
        key
        for key, node in graph.nodes.items()
        if node.scope == TOP and key not in excused and not _stands(graph, states, key)
    }
    return _after(graph, {start, *bad})


def _stands(graph: CompiledGraph, states: Mapping[str, str], node: str) -> bool:
    """It ended in a way that what follows could go by, and was not undone."""
    state = states.get(node)
    if states.get(graph.undone_by.get(node, "")) == StepState.SUCCEEDED:
        return False
    handled = state == StepState.FAILED and ERROR_PORT in graph.nodes[node].edges
    return state in (StepState.SUCCEEDED, StepState.SKIPPED) or handled


def _after(graph: CompiledGraph, nodes: Collection[str]) -> set[str]:
    found, queue = set(nodes), list(nodes)
    while queue:
        targets = {target for leads in graph.nodes[queue.pop()].edges.values() for target in leads}
        new = {target for target in targets if not is_end(target)} - found
        found |= new
        queue += new
    return found


@transaction.atomic
def repeat_from(
    *, old: Run, node: str, started_by: tuple[str, str], key: str | None = None,
    opened: Callable[[Run], object] | None = None,
) -> Run:  # fmt: skip
    """A new run of the same version that begins at the step. Raises NotFrom, and AlreadyStarted for a used key."""
    program = program_of(old.version_id, old.graph_id)
    steps = plan(old.pk, program, node)
    run_id = uuid7()
    if key is not None:
        take_key(program.workflow_id, key, run_id)
    run = Run(
        id=run_id, version_id=old.version_id, workflow_id=old.workflow_id, trigger=old.trigger,
        started_by_id=started_by[0], started_by=started_by[1], input=old.input, depth=old.depth,
        priority=old.priority, repeats_run=old.pk, graph_id=_own_graph(old, run_id),
    )  # fmt: skip
    run.save(force_insert=True)
    if opened is not None:
        opened(run)
    _copy(old.pk, run_id, program.graph, steps.copied)
    program = program_of(run.version_id, run.graph_id)
    row = RunRow(run_id, run.number, run.version_id, run.input, run.priority, graph_id=run.graph_id, depth=run.depth)
    ledger = Ledger(row, program, _NOBODY, {})
    _resolve(ledger, steps)
    set_going(ledger)
    return run


def _own_graph(old: Run, run_id: UUID) -> int | None:
    if old.graph_id is None:
        return None
    own = RunGraph.objects.get(pk=old.graph_id)
    return RunGraph.objects.create(
        run_id=run_id, document=own.document, compiled=own.compiled, left_out=own.left_out
    ).pk


def _copy(old: UUID, new: UUID, graph: CompiledGraph, nodes: Collection[str]) -> None:
    ends = [end_of(node) for node in nodes if node in graph.entries]
    values: dict[str, Any] = {"old": old, "new": new, "nodes": [*nodes, *ends]}
    with connection.cursor() as cursor:
        for statement in (_COPY_STEPS, _COPY_BLOBS, _COPY_RESULTS):
            cursor.execute(statement, values)
    # What the old run did is not this one's to undo.
    Step.objects.bulk_create(
        Step(run_id=new, node=undo, kind=graph.nodes[undo].type, state=StepState.SKIPPED)
        for node, undo in graph.undone_by.items()
        if node in nodes
    )


def _resolve(ledger: Ledger, steps: Plan) -> None:
    """As if the copied steps had just ended here."""
    graph = ledger.program.graph
    top = [node for node in steps.copied if graph.nodes[node].scope == TOP]
    again = [node for node in steps.again if graph.nodes[node].scope == TOP]
    ports = ports_of_ended(ledger.run.id, graph, ledger.program.left_out, top)
    entries = [node for node in graph.entries[TOP] if node in again]
    ledger.start(entries, among=entries)
    for node in top:
        if node in ports:
            ledger.replay(node, ports[node], again)


def ports_of_ended(
    run_id: UUID, graph: CompiledGraph, left_out: Collection[str], nodes: Collection[str]
) -> dict[str, set[str]]:
    """The ways that ended steps at the top left by; of a skipped one none, nor of one dropped by an early join."""
    found = dict(Step.objects.filter(run_id=run_id, item=0, node__in=nodes).values_list("node", "state"))
    left_by = dict(StepResult.objects.filter(run_id=run_id, item=0, node__in=nodes).values_list("node", "port"))
    ports: dict[str, set[str]] = {}
    for node, state in found.items():
        if state == StepState.SKIPPED:
            ports[node] = ports_past(graph.nodes[node]) if node in left_out else set()
        elif state == StepState.CANCELLED:
            ports[node] = set()
        elif state in (StepState.SUCCEEDED, StepState.FAILED, StepState.DEAD):
            ports[node] = {left_by[node]} if node in left_by else {ERROR_PORT}
    return ports


def copied_nodes(run: Run) -> frozenset[str]:
    """The steps that were copied from the run that it repeats: they ended, and have no attempt of their own."""
    if run.repeats_run is None:
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT s.node FROM workflows_step s WHERE s.run_id = %s AND s.state <> 'SKIPPED'"
            " AND s.wake_at IS NULL AND s.node NOT LIKE %s AND s.attempt > 0 AND NOT EXISTS ("
            " SELECT 1 FROM workflows_stepattempt a WHERE a.run_id = s.run_id AND a.node = s.node)",
            [run.pk, f"{END}%"],
        )
        return frozenset(node for (node,) in cursor.fetchall())
