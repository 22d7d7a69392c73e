"""The line of ready steps: which comes first under a strategy, keys (workflows) in turn."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from django.db import connection

from workflows.engine.refs import StepRef


class Strategy(StrEnum):
    LOAD = "load"
    PRIORITY = "priority"
    PREDICTIVE = "predictive"


# What comes first within a workflow, then which workflow: the one whose steps have had the fewest turns, those in
# hand counted. A second of waiting counts as much as a second of the way that remains, so nothing waits for ever.
_AGE, _DUE = "since", "since - rank * interval '1 second'"
_WITHIN = {Strategy.PRIORITY: _AGE, Strategy.PREDICTIVE: _DUE}

# The workflow is looked up for each open step: a join might read all runs there are.
_WORKFLOW = "(SELECT workflow_id FROM workflows_run r WHERE r.id = s.run_id)"
_NEXT = """
    WITH open AS MATERIALIZED (
        SELECT run_id, node, item, state, priority, since, rank, units, {workflow} AS workflow
        FROM workflows_step s WHERE wake_at IS NOT NULL AND state IN ('READY', 'RUNNING') AND kind = ANY(%s)
    ), held AS (
        SELECT workflow, sum(units) AS units FROM open WHERE state = 'RUNNING' GROUP BY workflow
    ), line AS (
        SELECT o.*, row_number() OVER (PARTITION BY priority, workflow ORDER BY {within}) + COALESCE(h.units, 0) AS turn
        FROM open o LEFT JOIN held h USING (workflow) WHERE state = 'READY'
    )
    SELECT run_id, node, item, {waited} FROM line
    ORDER BY priority DESC, turn, {within} LIMIT {most}
"""
_OLDEST = """
    SELECT run_id, node, item, {waited} FROM workflows_step
    WHERE wake_at IS NOT NULL AND state = 'READY' AND kind = ANY(%s) ORDER BY since LIMIT {most}
"""
_WAITED = "extract(epoch FROM clock_timestamp() - since)::float8"
MOST = 50


class Waiting(NamedTuple):
    ref: StepRef
    seconds: float  # since it became ready


def next_steps(kinds: Collection[str], strategy: Strategy) -> list[StepRef]:
    """The first in line of these kinds."""
    return [waiting.ref for waiting in line(kinds, strategy)]


def line(kinds: Collection[str], strategy: Strategy) -> list[Waiting]:
    """The first in line, and how long each has waited."""
    if strategy is Strategy.LOAD:
        statement = _OLDEST.format(waited=_WAITED, most=MOST)
    else:
        statement = _NEXT.format(workflow=_WORKFLOW, waited=_WAITED, within=_WITHIN[strategy], most=MOST)
    with connection.cursor() as cursor:
        cursor.execute(statement, [sorted(kinds)])
        return [Waiting(StepRef(*row[:3]), row[3]) for row in cursor.fetchall()]
