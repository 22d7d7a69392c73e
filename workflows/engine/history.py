"""Checks the history of runs by the tables alone: what was done once, by whom, and that nothing was lost.

Runs pass by one after the other, and of each only one scope is held at a time, so memory stays bounded.
It reads one snapshot, so it may be asked while workers are at it: the rules hold after every commit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from workflows.engine import values
from workflows.engine.history_rules import RULES, Fault, Record, RunFacts, check_maps, check_scope
from workflows.graph.compile import CompiledGraph
from workflows.models import RunGraph, Version

SHOWN = 100  # violations
FETCHED = 1_000  # rows at a time
KEPT_GRAPHS = 50
_EVER = datetime(1970, 1, 1, tzinfo=UTC)

_RECORDS = """
    SELECT run_id, item, node,
        run.number, run.state, run.ending, run.error ->> 'code', run.repeats_run IS NOT NULL,
        run.version_id, run.graph_id,
        s.kind, s.state, s.pending, s.taken, s.attempt, s.wake_at IS NOT NULL, s.size,
        s.failed > s.budget OR r.output #>> '{error,code}' = 'replaced',
        r.attempt, r.port, r.blob_id IS NOT NULL, a.numbers, a.outcomes,
        CASE WHEN r.port = '*' AND r.blob_id IS NULL AND jsonb_typeof(r.output) = 'array' THEN
            (SELECT array_agg(DISTINCT one ->> 0) FROM jsonb_array_elements(r.output) AS one
             WHERE jsonb_typeof(one) = 'array') END
    FROM (SELECT * FROM workflows_step WHERE run_id >= workflows_first_id(%(since)s)) AS s
    FULL JOIN (SELECT * FROM workflows_stepresult WHERE run_id >= workflows_first_id(%(since)s)) AS r
        USING (run_id, node, item)
    FULL JOIN (SELECT run_id, node, item, array_agg(attempt ORDER BY attempt) AS numbers,
                      array_agg(outcome ORDER BY attempt) AS outcomes
               FROM workflows_stepattempt WHERE run_id >= workflows_first_id(%(since)s)
               GROUP BY run_id, node, item) AS a
        USING (run_id, node, item)
    LEFT JOIN workflows_run AS run ON run.id = run_id
    ORDER BY run_id, item, node
"""

# (rule, statement): rows of run id, run number, what was found.
_APART = (
    (
        "empty_run",
        """SELECT run.id, run.number, run.state || ' without a step' FROM workflows_run AS run
           WHERE run.id >= workflows_first_id(%(since)s)
           AND NOT EXISTS (SELECT FROM workflows_step AS s WHERE s.run_id = run.id)""",
    ),
    (
        "wrong_key",
        """SELECT k.run_id, run.number, 'the key “' || k.key || '” is of another workflow'
           FROM workflows_runkey AS k JOIN workflows_run AS run ON run.id = k.run_id
           WHERE run.id >= workflows_first_id(%(since)s) AND run.workflow_id <> k.workflow_id""",
    ),
    (
        "wrong_key",
        """SELECT run_id, NULL::bigint, count(*) || ' keys' FROM workflows_runkey
           WHERE run_id >= workflows_first_id(%(since)s) GROUP BY run_id HAVING count(*) > 1""",
    ),
    (
        "wrong_fire",
        """SELECT run_id, NULL::bigint, count(*) || ' fires' FROM workflows_schedulefire
           WHERE run_id >= workflows_first_id(%(since)s) GROUP BY run_id HAVING count(*) > 1""",
    ),
)


@dataclass(frozen=True)
class Violation:
    rule: str
    run_id: UUID
    number: int | None  # of the run; None where the run is not there
    node: str
    item: int
    found: str

    def __str__(self) -> str:
        run = f"Run {self.number} ({self.run_id})" if self.number else f"Run {self.run_id}"
        step = f", step {self.node}" + (f" [{self.item}]" if self.item else "") if self.node else ""
        return f"{run}{step}: {self.rule}: {self.found}. {RULES[self.rule]}"


@dataclass
class Report:
    runs: int = 0
    steps: int = 0
    violated: int = 0
    violations: list[Violation] = field(default_factory=list)  # the first ones

    def add(self, violation: Violation) -> None:
        self.violated += 1
        if len(self.violations) < SHOWN:
            self.violations.append(violation)


def check_history(since: datetime | None = None) -> Report:
    """Looks at all runs that began at `since` or later."""
    alone = not connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if alone:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        return _check(since or _EVER)


def _check(since: datetime) -> Report:
    report, graphs = Report(), _Graphs()
    for _, rows in groupby(_records(since), key=lambda row: row[0]):
        _check_run(report, graphs, rows)
    with connection.cursor() as cursor:
        for rule, statement in _APART:
            cursor.execute(statement, {"since": since})
            for run_id, number, found in cursor.fetchall():
                report.add(Violation(rule, run_id, number, "", 0, found))
    return report


def _records(since: datetime) -> Iterator[tuple[Any, ...]]:
    # A cursor on the server, within this transaction: there may be more rows than memory.
    with connection.connection.cursor("history") as cursor:
        cursor.itersize = FETCHED
        cursor.execute(_RECORDS, {"since": since})
        yield from cursor


def _check_run(report: Report, graphs: _Graphs, rows: Iterator[tuple[Any, ...]]) -> None:
    facts: RunFacts | None = None
    for item, scope in groupby(rows, key=lambda row: row[1]):
        of_scope = list(scope)
        run_id, number = of_scope[0][0], of_scope[0][3]
        if number is None:
            report.add(Violation("no_run", run_id, None, of_scope[0][2], item, f"{len(of_scope)} rows"))
            continue
        if facts is None:
            facts = _facts(graphs, of_scope[0])
            report.runs += 1
        records = {row[2]: _record(row) for row in of_scope}
        report.steps += sum(record.state is not None for record in records.values())
        _report(report, facts, check_scope(facts, item, records))
    if facts is not None:
        _report(report, facts, check_maps(facts))


def _facts(graphs: _Graphs, row: tuple[Any, ...]) -> RunFacts:
    number, state, ending, error, repeats, version_id, graph_id = row[3:10]
    altered = repeats or graph_id is not None
    return RunFacts(row[0], number, state, graphs.of(version_id, graph_id), ending, error or "", altered)


def _report(report: Report, run: RunFacts, faults: Iterator[Fault]) -> None:
    for fault in faults:
        report.add(Violation(fault.rule, run.id, run.number, fault.node, fault.item, fault.found))


def _record(row: tuple[Any, ...]) -> Record:
    run_id, item, node = row[:3]
    kind, state, pending, taken, attempt, has_wake_at, size, has_given_up = row[10:18]
    result_attempt, port, in_blob, numbers, outcomes, ports = row[18:]
    if in_blob and port == "*":
        output = values.load(run_id, [(node, item)])[node, item][1]
        ports = {outcome[0] for outcome in output if outcome}
    left_by = ports or () if port == "*" else [port] if port else ()
    return Record(
        node=node, item=item, kind=kind or "", state=state, pending=pending or 0, taken=taken or 0,
        attempt=attempt or 0, has_wake_at=has_wake_at, size=size or 0, has_given_up=bool(has_given_up),
        result_attempt=result_attempt, ports=frozenset(left_by),
        attempts=list(zip(numbers or (), outcomes or (), strict=True)),
    )  # fmt: skip


class _Graphs:
    """Compiled graphs that were asked for last; without their step types, which may be gone."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int | None], CompiledGraph] = OrderedDict()

    def of(self, version_id: int, graph_id: int | None) -> CompiledGraph:
        key = version_id, graph_id
        if key not in self._kept:
            found = Version.objects.filter(pk=version_id) if graph_id is None else RunGraph.objects.filter(pk=graph_id)
            self._kept[key] = CompiledGraph.from_json(found.values_list("compiled", flat=True).get())
            if len(self._kept) > KEPT_GRAPHS:
                self._kept.popitem(last=False)
        return self._kept[key]
