"""Counts each attempt once, soon after it was recorded: into figures per hour and worker, and per node.

The mark says how far; it moves in the transaction that counts, under its lock, so no attempt is counted twice
whoever counts. It stays behind every transaction that may still commit an attempt, by the database's clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from agents import tallies
from agents.models import Agent, FiguresMark, HourFigures, NodeFigures

AT_ONCE = 50_000  # attempts, where there is much to catch up with
CATCHES_UP = timedelta(minutes=1)
NOBODY = "00000000-0000-0000-0000-000000000000"  # attempts without a worker
KEPT = timedelta(days=400)

# Whatever is recorded from now on gets a later time than `now`; what is not committed yet is of a transaction
# that has begun to write, and so began before it recorded.
_SAFE = """
    SELECT LEAST(clock_timestamp() - interval '1 second', min(xact_start)) FROM pg_stat_activity
    WHERE backend_xid IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()
"""

_SLICE = """
    SELECT recorded_at FROM workflows_stepattempt WHERE recorded_at >= %s AND recorded_at < %s
    ORDER BY recorded_at OFFSET %s LIMIT 1
"""

_SIZE = "LEAST(%(most)s, GREATEST(0, ceil(2 * ln(GREATEST({0}, 1e-9) / %(smallest)s) / ln(2.0) - 1e-9)))::int"

_COUNTS = f"""
    WITH fresh AS MATERIALIZED (
        SELECT a.run_id, a.node, a.item, a.attempt, a.agent, COALESCE(a.worker_id, %(nobody)s) AS worker_id,
            a.outcome, a.waited, a.started_at, GREATEST(a.ended_at, a.started_at) AS ended_at,
            date_trunc('hour', a.ended_at, 'UTC') AS hour,
            GREATEST(extract(epoch FROM a.ended_at - a.started_at)::float8, 0) AS took
        FROM workflows_stepattempt a WHERE a.recorded_at >= %(begin)s AND a.recorded_at < %(end)s
    ), hours AS (
        SELECT hour, agent, worker_id, count(*) AS attempts, sum(took) AS busy,
            count(*) FILTER (WHERE outcome = 'SUCCEEDED') AS succeeded,
            count(*) FILTER (WHERE outcome IN ('FAILED', 'LOST', 'UNCERTAIN')) AS failed,
            COALESCE(sum((SELECT count(*) FROM workflows_stepattempt b
                WHERE b.run_id = f.run_id AND b.node = f.node AND b.item = f.item AND b.attempt < f.attempt
                    AND b.outcome IN ('FAILED', 'LOST', 'UNCERTAIN')))
                FILTER (WHERE outcome = 'SUCCEEDED' AND attempt > 1), 0) AS recovered,
            count(*) FILTER (WHERE item > 1 OR EXISTS (SELECT 1 FROM workflows_stepattempt b
                WHERE b.run_id = f.run_id AND (b.node, b.item) <> (f.node, f.item)
                    AND b.started_at < f.ended_at AND b.ended_at > f.started_at)) AS parallel,
            range_agg(tstzrange(started_at, ended_at)) AS ran
        FROM fresh f GROUP BY hour, agent, worker_id
    )
    SELECT 'hours', jsonb_agg(to_jsonb(h) - 'ran' || jsonb_build_object('spans', (
        SELECT jsonb_agg(jsonb_build_array(floor(extract(epoch FROM lower(one) - h.hour) * 1000),
            ceil(extract(epoch FROM upper(one) - h.hour) * 1000))) FROM unnest(h.ran) AS one))) FROM hours h
    UNION ALL
    SELECT 'took', jsonb_agg(to_jsonb(t)) FROM (SELECT hour, agent, worker_id, {_SIZE.format("took")} AS size,
        count(*) AS n FROM fresh GROUP BY 1, 2, 3, 4) t
    UNION ALL
    SELECT 'waited', jsonb_agg(to_jsonb(t)) FROM (SELECT hour, agent, worker_id, {_SIZE.format("waited")} AS size,
        count(*) AS n FROM fresh WHERE waited IS NOT NULL GROUP BY 1, 2, 3, 4) t
    UNION ALL
    SELECT 'nodes', jsonb_agg(to_jsonb(t)) FROM (SELECT r.workflow_id, f.node, count(*) AS count, avg(took) AS mean,
        var_pop(took) * count(*) AS m2, max(f.ended_at) AS newest FROM fresh f JOIN workflows_run r ON r.id = f.run_id
        WHERE outcome IN ('SUCCEEDED', 'EXPANDED') GROUP BY 1, 2) t
    UNION ALL
    SELECT 'sizes', jsonb_agg(to_jsonb(t)) FROM (SELECT r.workflow_id, f.node, {_SIZE.format("took")} AS size,
        count(*) AS n FROM fresh f JOIN workflows_run r ON r.id = f.run_id
        WHERE outcome IN ('SUCCEEDED', 'EXPANDED') GROUP BY 1, 2, 3) t
"""  # noqa: S608 - of our own expressions

Rows = list[dict[str, Any]]


def count_attempts() -> int:
    """Counts what was recorded since; answers how many attempts. Nothing where another worker is counting."""
    total = 0
    while counted := _count_once():
        total += counted[0]
        if not counted[1]:
            break
    return total


@transaction.atomic
def _count_once() -> tuple[int, bool] | None:
    """How many, and whether more is there to be counted at once."""
    FiguresMark.objects.bulk_create([FiguresMark(until=datetime(2000, 1, 1, tzinfo=UTC))], ignore_conflicts=True)
    mark = FiguresMark.objects.select_for_update(skip_locked=True).first()
    if mark is None:
        return None
    until, more = _end_of_slice(mark.until)
    if until <= mark.until:
        return 0, False
    found = _counts(mark.until, until)
    _add_hours(found)
    _add_nodes(found)
    mark.until = until
    mark.save(update_fields=["until"])
    return sum(one["attempts"] for one in found["hours"]), more


def _end_of_slice(begin: datetime) -> tuple[datetime, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_SAFE)
        safe: datetime = cursor.fetchone()[0]
        if safe - begin > CATCHES_UP:
            cursor.execute(_SLICE, [begin, safe, AT_ONCE])
            if (row := cursor.fetchone()) and row[0] > begin:
                return row[0], True
    return safe, False


def _counts(begin: datetime, end: datetime) -> Mapping[str, Rows]:
    given: dict[str, Any] = {
        "begin": begin, "end": end, "nobody": NOBODY, "smallest": tallies.SMALLEST, "most": tallies.SIZES - 1,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, given)
        return {name: _loaded(rows) for name, rows in cursor.fetchall()}


def _loaded(rows: Any) -> Rows:
    return (json.loads(rows) if isinstance(rows, str) else rows) or []


def _add_hours(found: Mapping[str, Rows]) -> None:
    capacities = dict(Agent.objects.values_list("name", "capacity"))
    hours: dict[tuple[str, str, str], HourFigures] = {}
    for one in found["hours"]:
        key = (one["hour"], one["agent"], one["worker_id"])
        hours[key] = row = _hour(*key)
        row.capacity = capacities.get(row.agent, 1)
        for name in ("attempts", "succeeded", "failed", "recovered", "parallel", "busy"):
            setattr(row, name, getattr(row, name) + one[name])
        row.spans = tallies.union([*row.spans, *(one["spans"] or ())])
    for name in ("took", "waited"):
        for one in found[name]:
            row = hours[one["hour"], one["agent"], one["worker_id"]]
            setattr(row, name, tallies.add(getattr(row, name), _single(one)))
    changed = [
        "capacity", "attempts", "succeeded", "failed", "recovered", "parallel", "busy", "took", "waited", "spans",
    ]  # fmt: skip
    HourFigures.objects.bulk_create(
        hours.values(),
        update_conflicts=True,
        unique_fields=["hour", "agent", "worker_id"],
        update_fields=changed,
    )


def _hour(hour: str, agent: str, worker_id: str) -> HourFigures:
    at = datetime.fromisoformat(hour)
    found = HourFigures.objects.filter(hour=at, agent=agent, worker_id=worker_id).first()
    return _anew(found) if found else HourFigures(hour=at, agent=agent, worker_id=worker_id)


def _anew(found: HourFigures) -> HourFigures:
    found.pk = None  # written by its unique key
    return found


def _single(one: Mapping[str, Any]) -> list[int]:
    return [0] * one["size"] + [one["n"]]


def _add_nodes(found: Mapping[str, Rows]) -> None:
    keys = [(one["workflow_id"], one["node"]) for one in found["nodes"]]
    known = {(one.workflow_id, one.node): one for one in _known_nodes(keys)}
    for one in found["nodes"]:
        key = (one["workflow_id"], one["node"])
        known[key] = _merged(known.get(key), one)
    for one in found["sizes"]:
        row = known[one["workflow_id"], one["node"]]
        row.took = tallies.add(row.took, _single(one))
    NodeFigures.objects.bulk_create(
        [known[key] for key in keys],
        update_conflicts=True,
        unique_fields=["workflow", "node"],
        update_fields=["count", "mean", "m2", "took", "newest"],
    )


def _known_nodes(keys: Iterable[tuple[int, str]]) -> Iterable[NodeFigures]:
    for one in NodeFigures.objects.filter(workflow_id__in={workflow for workflow, _ in keys}):
        one.pk = None
        yield one


def _merged(old: NodeFigures | None, new: Mapping[str, Any]) -> NodeFigures:
    """Two sets' counts, means and squares as one's (Chan, Golub and LeVeque)."""
    row = old or NodeFigures(workflow_id=new["workflow_id"], node=new["node"])
    count, apart = row.count + new["count"], new["mean"] - row.mean
    row.m2 += new["m2"] + apart * apart * row.count * new["count"] / count
    row.mean += apart * new["count"] / count
    row.count = count
    row.newest = datetime.fromisoformat(new["newest"])
    return row


def drop_old_figures() -> int:
    with connection.cursor() as cursor:
        statement = "DELETE FROM agents_hourfigures WHERE hour < clock_timestamp() - make_interval(days => %s)"
        cursor.execute(statement, [KEPT.days])
        return int(cursor.rowcount)
