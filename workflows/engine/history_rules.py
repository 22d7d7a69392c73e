"""What must hold in the tables of a run after every commit, asked of the rows of one scope of it. Pure code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from workflows.graph.compile import CONTROL, TOP, CompiledGraph, end_of, is_end
from workflows.graph.document import ERROR_PORT
from workflows.states import ENDED, OPEN, RunState, StepState

# Ended with a result; SKIPPED and CANCELLED are ended without one.
WITH_RESULT = (StepState.SUCCEEDED, StepState.FAILED, StepState.DEAD)

RULES = {
    "result_of_open_step": "Only a step that ended has a result.",
    "no_result": "A step that ended with a result has one.",
    "two_winners": "One attempt of a step wins, and it is the last one.",
    "wrong_winner": "The result is that of the attempt that won.",
    "no_wake_at": "Every open step has a time at which it is looked at again, and no other step has one.",
    "open_in_ended_run": "A run that ended has no open step.",
    "unknown_step": "Every row belongs to a step of its version's graph.",
    "no_run": "Every row belongs to a run.",
    "empty_run": "A run has the steps that it began with.",
    "lost_step": "A step whose edges are all resolved has a row.",
    "early_step": "A step has no row before one of its edges is resolved.",
    "wrong_count": "A join waits for exactly the edges that are not resolved yet.",
    "wrong_way": "A step runs if one of its edges was taken, and is skipped otherwise.",
    "wrong_chunks": "A map waits for exactly the chunks that have not ended yet.",
    "not_ended": "A run whose last steps have all ended has ended too.",
    "ended_early": "A run ends after its last steps.",
    "wrong_end": "A run failed if a failure in it led nowhere, and succeeded otherwise.",
    "not_undone": "A run that did not succeed has undone what has a compensation.",
    "wrong_key": "A key of a workflow stands for one run of that workflow, and a run has one key.",
    "wrong_fire": "A fire of a schedule stands for one run, and a run for one fire.",
}


class Fault(NamedTuple):
    """A broken rule at a step, with what was found."""

    rule: str
    node: str
    item: int
    found: str


@dataclass(frozen=True)
class Record:
    """All that is kept of one step: its row, its result, its attempts; any of them may be missing."""

    node: str
    item: int
    kind: str
    state: str | None
    pending: int
    taken: int
    attempt: int
    has_wake_at: bool
    size: int  # chunks of a map, of which `taken` have begun
    has_given_up: bool  # a map that ended before its items: too many failed, or another took its place
    result_attempt: int | None
    ports: frozenset[str]  # those that it, or an item of its chunk, left by
    attempts: Sequence[tuple[int, str]]  # (number, outcome)

    @property
    def is_resolved(self) -> bool:
        return self.state in WITH_RESULT or self.state == StepState.SKIPPED

    @property
    def is_slice(self) -> bool:
        """A map's result for a chunk: the items of it."""
        return self.state is None and self.result_attempt is not None and self.item > 0


@dataclass
class RunFacts:
    """What is known of a run while its scopes pass by: itself, and the chunks of its maps."""

    id: UUID
    number: int
    state: str
    graph: CompiledGraph
    ending: str = ""  # while it is rolled back
    error: str = ""  # its code
    # It has a graph of its own, changed while it ran, or repeats another: its edges were not all resolved in it.
    is_altered: bool = False
    was_stopped: bool = False
    maps: dict[str, Record] = field(default_factory=dict)
    chunks: Counter[str] = field(default_factory=Counter)
    ended_chunks: Counter[str] = field(default_factory=Counter)

    @property
    def is_cut(self) -> bool:
        """Ended before its last steps, by a person, its deadline or a step."""
        ends = (self.state, self.ending)
        return RunState.CANCELLED in ends or self.error == "deadline_passed" or self.was_stopped


def check_scope(run: RunFacts, item: int, records: Mapping[str, Record]) -> Iterator[Fault]:
    """Item 0 holds the steps at the top; any other one a chunk of each map that has so many."""
    if item == 0:
        run.was_stopped = any(record.kind == "stop" and record.is_resolved for record in records.values())
        run.maps = {node: record for node, record in records.items() if node in run.graph.entries}
    for record in records.values():
        yield from check_record(run, record)
    if run.is_altered:
        return
    if item == 0:
        yield from _check_ways(run, TOP, item, records)
        yield from _check_end(run, records)
        yield from _check_undone(run, records)
        return
    for node, record in records.items():
        if record.is_slice and _is_counted(run.maps.get(node)):
            run.chunks[node] += 1
            if _has_begun(run.maps[node], item):
                yield from _check_ways(run, node, item, records)
                run.ended_chunks[node] += _is_over(run.graph, node, records)


def check_maps(run: RunFacts) -> Iterator[Fault]:
    """After all scopes of a run: each map against its chunks."""
    for node, record in run.maps.items():
        left = run.chunks[node] - run.ended_chunks[node]
        if run.is_altered or run.is_cut or not _is_counted(record) or record.pending == left:
            continue
        yield Fault("wrong_chunks", node, 0, f"waits for {record.pending} chunks, {left} have not ended")


def _is_counted(record: Record | None) -> bool:
    """A map whose chunks must all be there: not one that failed before, gave up, or was of no use any more."""
    if record is None or record.has_given_up or record.state == StepState.CANCELLED:
        return False
    return any(outcome == "EXPANDED" for _, outcome in record.attempts)


def _has_begun(record: Record, chunk: int) -> bool:
    return record.size == 0 or chunk <= record.taken


def check_record(run: RunFacts, record: Record) -> Iterator[Fault]:
    """The rules of a single step."""
    for rule, found in _record_faults(run, record):
        yield Fault(rule, record.node, record.item, found)


def _record_faults(run: RunFacts, record: Record) -> Iterator[tuple[str, str]]:
    if not is_end(record.node) and not record.node.startswith(CONTROL) and record.node not in run.graph.nodes:
        yield "unknown_step", "the graph has no such step"
    if record.state is None:
        if not (record.is_slice and record.node in run.graph.entries):
            yield "result_of_open_step", "a result or an attempt, and no row"
        return
    if record.state != StepState.PENDING and (record.state in OPEN) != record.has_wake_at:
        yield "no_wake_at", f"{record.state} {'with' if record.has_wake_at else 'without'} wake_at"
    if run.state != RunState.RUNNING and record.state not in ENDED and record.kind != "control":
        yield "open_in_ended_run", f"{record.state} in a run that {run.state}"
    yield from _winner_faults(record)


def _winner_faults(record: Record) -> Iterator[tuple[str, str]]:
    won = [number for number, outcome in record.attempts if outcome in (StepState.SUCCEEDED, StepState.DEAD)]
    highest = max((number for number, _ in record.attempts), default=0)
    if len(won) > 1 or (won and won[0] != highest):
        yield "two_winners", f"attempts {', '.join(f'{number} {outcome}' for number, outcome in record.attempts)}"
    if record.state not in WITH_RESULT:
        if record.result_attempt is not None:
            yield "result_of_open_step", f"{record.state} with a result"
        if won:
            yield "two_winners", f"attempt {won[0]} won and the step is {record.state}"
    elif is_end(record.node):
        return
    elif record.result_attempt is None:
        yield "no_result", f"{record.state} without a result"
    elif record.result_attempt != record.attempt or (record.attempt, record.state) not in record.attempts:
        told = f"the result is of attempt {record.result_attempt}, the step {record.state} at {record.attempt}"
        yield "wrong_winner", told


@dataclass
class _Came:
    edges: int = 0
    taken: int = 0


def _arrivals(graph: CompiledGraph, scope: str, records: Mapping[str, Record]) -> dict[str, _Came]:
    """Edges that reached each step of the scope, counted afresh from the steps before it."""
    came = {node.id: _Came() for node in graph.nodes.values() if node.scope == scope}
    came[end_of(scope)] = _Came()
    for node in list(came):
        record = records.get(node)
        if is_end(node) or record is None or not record.is_resolved:
            continue
        for port, targets in graph.nodes[node].edges.items():
            for target in targets:
                came[target].edges += 1
                came[target].taken += port == "*" or port in record.ports
    return came


def _check_ways(run: RunFacts, scope: str, item: int, records: Mapping[str, Record]) -> Iterator[Fault]:
    rows = {node: record for node, record in records.items() if record.state is not None}
    for node, came in _arrivals(run.graph, scope, rows).items():
        for rule, found in _way_faults(run, node, came, rows.get(node)):
            yield Fault(rule, node, item, found)


def _way_faults(run: RunFacts, node: str, came: _Came, record: Record | None) -> Iterator[tuple[str, str]]:
    left = run.graph.incoming(node) - came.edges
    if record is not None and (record.state == StepState.CANCELLED or _went_early(run.graph, record)):
        return
    if run.is_cut and record is None:
        return
    if left == 0:
        if not is_end(node):
            yield from _complete_faults(run.graph.incoming(node), came, record)
    elif came.edges == 0 and not (record is not None and is_end(node)):  # an end counts failures before its edges
        if record is not None and node not in run.graph.losers:
            yield "early_step", f"{record.state}, and none of its {left} edges is resolved"
    elif record is None:
        yield "lost_step", f"{came.edges} edges are resolved, and it has no row"
    elif record.state != StepState.PENDING or (record.pending, record.taken) != (left, came.taken):
        yield (
            "wrong_count",
            (
                f"{record.state}, waits for {record.pending} edges with {record.taken} taken; "
                f"{left} are not resolved and {came.taken} were taken"
            ),
        )


def _went_early(graph: CompiledGraph, record: Record) -> bool:
    """A join that need not wait for all branches, and has begun."""
    return record.node in graph.losers and record.state != StepState.PENDING


def _complete_faults(incoming: int, came: _Came, record: Record | None) -> Iterator[tuple[str, str]]:
    if record is None:
        yield "lost_step", f"all its {incoming} edges are resolved, and it has no row"
    elif record.state == StepState.PENDING:
        yield "wrong_count", f"waits for {record.pending} edges, and all are resolved"
    elif incoming and (record.state == StepState.SKIPPED) != (came.taken == 0) and not _was_passed_over(record):
        yield "wrong_way", f"{record.state}, and {came.taken} of its edges were taken"


def _was_passed_over(record: Record) -> bool:
    """Reached, and not carried out, because a limit said so."""
    return any(outcome == StepState.SKIPPED for _, outcome in record.attempts)


def _is_over(graph: CompiledGraph, scope: str, records: Mapping[str, Record]) -> bool:
    return all(node in records and records[node].is_resolved for node in graph.sinks[scope])


def _check_end(run: RunFacts, records: Mapping[str, Record]) -> Iterator[Fault]:
    if run.is_cut:
        return
    over = _is_over(run.graph, TOP, records)
    if over != (run.state != RunState.RUNNING or run.ending != ""):
        yield Fault("not_ended" if over else "ended_early", end_of(TOP), 0, f"the run is {run.state}")
    failed = [node for node, record in records.items() if _led_nowhere(run.graph, record)]
    if run.state in (RunState.SUCCEEDED, RunState.FAILED) and bool(failed) != (run.state == RunState.FAILED):
        yield Fault("wrong_end", failed[0] if failed else end_of(TOP), 0, f"the run {run.state}")


def _led_nowhere(graph: CompiledGraph, record: Record) -> bool:
    node = graph.nodes.get(record.node)
    failed = record.state in (StepState.FAILED, StepState.DEAD)
    return failed and node is not None and node.scope == TOP and ERROR_PORT not in node.edges


def _check_undone(run: RunFacts, records: Mapping[str, Record]) -> Iterator[Fault]:
    if run.state not in (RunState.FAILED, RunState.CANCELLED):
        return
    for node, undo in run.graph.undone_by.items():
        done = node in records and records[node].state == StepState.SUCCEEDED
        if done and (undo not in records or not records[undo].is_resolved):
            yield Fault("not_undone", undo, 0, f"{node} succeeded, and was not undone")
