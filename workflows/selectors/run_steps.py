"""The steps of one run: a line for every node of its graph, those not reached yet included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Min

from crm.actors import Actor
from crm.errors import NotFound
from workflows.engine import values
from workflows.graph.compile import END, CompiledGraph, CompiledNode
from workflows.models import Run, Step, StepAttempt, StepResult
from workflows.selectors.chunks import ItemCount, count_items
from workflows.selectors.runs import may_see_values, shown_error
from workflows.selectors.waits import Waits
from workflows.states import ENDED, RunState, StepState, WaitFor

JSON = Any
Line = dict[str, JSON]
CHUNKS_SHOWN = 50
# A step of many chunks shows the state that most wants an eye.
LOUDEST = (
    StepState.FAILED,
    StepState.DEAD,
    StepState.UNCERTAIN,
    StepState.RUNNING,
    StepState.READY,
    StepState.WAITING,
    StepState.PENDING,
    StepState.CANCELLED,
    StepState.SUCCEEDED,
    StepState.SKIPPED,
)


@dataclass(frozen=True)
class _Known:
    """What is read once for all lines of a run."""

    run: Run
    graph: CompiledGraph
    rows: Mapping[str, list[Step]]
    results: Mapping[str, StepResult]
    attempts: Mapping[tuple[str, int], list[StepAttempt]]
    times: Mapping[str, tuple[datetime, datetime]]
    counts: Mapping[str, ItemCount]
    waits: Waits
    with_values: bool


def steps_of(*, actor: Actor, run: Run) -> list[Line]:
    graph = CompiledGraph.from_json(run.graph.compiled if run.graph else run.version.compiled)
    rows: dict[str, list[Step]] = {}
    for row in Step.objects.filter(run_id=run.pk).exclude(node__startswith=END).order_by("node", "item"):
        rows.setdefault(row.node, []).append(row)
    with_values = may_see_values(actor)
    known = _Known(
        run=run,
        graph=graph,
        rows=rows,
        results={result.node: result for result in StepResult.objects.filter(run_id=run.pk, item=0)},
        attempts=_attempts(actor, run.pk, graph, rows),
        times=_times(run.pk),
        counts=count_items(run.pk, graph, rows),
        waits=Waits(run, with_values=with_values),
        with_values=with_values,
    )
    return [_line(known, graph.nodes[node]) for node in graph.order if node in graph.nodes]


def _attempts(
    actor: Actor, run_id: UUID, graph: CompiledGraph, rows: Mapping[str, list[Step]]
) -> dict[tuple[str, int], list[StepAttempt]]:
    """Every attempt of the top's steps, and of the chunks that are shown."""
    shown = {(row.node, row.item) for found in rows.values() for row in _shown_chunks(found)}
    wanted = StepAttempt.objects.filter(run_id=run_id, item__in={item for _, item in shown} | {0})
    found: dict[tuple[str, int], list[StepAttempt]] = {}
    for attempt in wanted.order_by("node", "item", "attempt", "started_at"):
        attempt.error = shown_error(actor, attempt.error)
        found.setdefault((attempt.node, attempt.item), []).append(attempt)
    return found


def _times(run_id: UUID) -> dict[str, tuple[datetime, datetime]]:
    grouped = StepAttempt.objects.filter(run_id=run_id).values("node").annotate(Min("started_at"), Max("ended_at"))
    return {row["node"]: (row["started_at__min"], row["ended_at__max"]) for row in grouped}


def _line(known: _Known, node: CompiledNode) -> Line:
    rows = known.rows.get(node.id, [])
    line = _empty_line(node)
    if not rows:
        line["state"] = _unborn(known, node)
        return line
    state = next(state for state in LOUDEST if any(row.state == state for row in rows))
    started, ended = _span(known, node.id, rows)
    line |= {
        "state": state,
        "attempt": max(row.attempt for row in rows),
        "started_at": started,
        "ended_at": ended,
        "decide": any(map(_is_for_person, rows)),
        **_why(known, node.id, next(row for row in rows if row.state == state)),
    }
    if node.id in known.counts:
        line["items"] = known.counts[node.id].as_json()
    return line | (_inside(known, node, rows) if node.in_map else _top(known, node, rows[0]))


def _why(known: _Known, node: str, row: Step) -> Line:
    why = known.waits.why(row, known.counts.get(node))
    return {
        "wait": why.words if why else None,
        "wait_runs": [{"id": run, "number": number} for run, number in why.runs] if why else [],
    }


def _unborn(known: _Known, node: CompiledNode) -> StepState:
    """The state of a step without a row: no way came here, or none has yet."""
    if known.run.state == RunState.CANCELLED:
        return StepState.CANCELLED
    around = known.rows.get(node.scope, [])
    is_past = known.run.state != RunState.RUNNING or (around and around[0].state in ENDED)
    return StepState.SKIPPED if is_past else StepState.PENDING


def _empty_line(node: CompiledNode) -> Line:
    return {
        "node": node.id,
        "type": node.type,
        "label": node.label,
        "item": None if node.in_map else 0,
        "parent": node.scope if node.in_map else None,
        "undoes": node.policies.undoes,
        "state": StepState.PENDING,
        "attempt": 0,
        "port": None,
        "output": None,
        "truncated": False,
        "error": None,
        "started_at": None,
        "ended_at": None,
        "agent": None,
        "wait": None,
        "wait_runs": [],
        "decide": False,
        "items": None,
        "attempts": [],
        "chunks": [],
    }


def _span(known: _Known, node: str, rows: list[Step]) -> tuple[datetime | None, datetime | None]:
    started, ended = known.times.get(node, (None, None))
    if started is None and rows[0].state == StepState.RUNNING:
        started = rows[0].since
    return started, ended if all(row.state in ENDED for row in rows) else None


def _top(known: _Known, node: CompiledNode, row: Step) -> Line:
    result, attempts = known.results.get(node.id), known.attempts.get((node.id, 0), [])
    output = result.output if result and known.with_values else None
    failed = isinstance(output, dict) and result is not None and result.port == "error"
    return {
        "port": result.port if result else None,
        "output": None if failed else output,
        "truncated": bool(result and result.blob_id and known.with_values),
        "error": _error_of(row, attempts),
        "agent": next((attempt.agent for attempt in reversed(attempts) if attempt.agent), None),
        "attempts": [_attempt_json(attempt) for attempt in attempts],
    }


def _inside(known: _Known, node: CompiledNode, rows: list[Step]) -> Line:
    chunks = [_chunk(known, row) for row in _shown_chunks(rows)]
    agents = {chunk["agent"] for chunk in chunks if chunk["agent"]}
    return {
        "error": next((chunk["error"] for chunk in chunks if chunk["error"]), None),
        "agent": ", ".join(sorted(agents)) or None,
        "chunks": chunks,
        "chunk_count": len(rows),
    }


def _shown_chunks(rows: Iterable[Step]) -> list[Step]:
    """The first chunks, those that want an eye before the others."""
    chunks = [row for row in rows if row.item > 0]
    return sorted(chunks, key=lambda row: (LOUDEST.index(StepState(row.state)), row.item))[:CHUNKS_SHOWN]


def _chunk(known: _Known, row: Step) -> Line:
    attempts = known.attempts.get((row.node, row.item), [])
    return {
        "item": row.item,
        "state": row.state,
        "attempt": row.attempt,
        "decide": _is_for_person(row),
        "error": _error_of(row, attempts),
        "started_at": attempts[0].started_at if attempts else None,
        "ended_at": attempts[-1].ended_at if attempts and row.state in ENDED else None,
        "agent": next((attempt.agent for attempt in reversed(attempts) if attempt.agent), None),
    }


def _is_for_person(row: Step) -> bool:
    """It may have happened, or its tries are spent: a person decides what follows."""
    decides = row.state == StepState.WAITING and row.waits_for == WaitFor.DECISION
    return decides or (row.state == StepState.UNCERTAIN and row.wake_at is not None)


def _error_of(row: Step, attempts: list[StepAttempt]) -> JSON:
    """The error of a step that failed, or of the last try of one that is to try again."""
    if row.state in (StepState.SUCCEEDED, StepState.SKIPPED):
        return None
    return next((attempt.error for attempt in reversed(attempts) if attempt.error), None)


def _attempt_json(attempt: StepAttempt) -> Line:
    return {
        "attempt": attempt.attempt,
        "outcome": attempt.outcome,
        "error": attempt.error,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "agent": attempt.agent or None,
    }


def output_of(*, actor: Actor, run: Run, node: str, item: int = 0) -> JSON:
    """The whole output of a step, also where the run shows only its beginning."""
    found = values.load(run.pk, [(node, item)]) if may_see_values(actor) else {}
    if (node, item) not in found:
        raise NotFound("This step has no output that you may read.")
    return found[node, item][1]
