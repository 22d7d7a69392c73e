"""Ten million old step rows, as years of work would have left them: most in past weeks, some in this one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

STEPS_A_RUN = 10
WEEKS = 20
# Of the rows, how many of a hundred belong to the week that is under way.
NOW_PERCENT = 5
TABLES = ("run", "step", "stepresult", "stepattempt")

_ID = """(lpad(to_hex(ms), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid"""
# Some fail, and some belong to each workflow.
_RUNS = f"""
    CREATE TEMP TABLE made AS
    SELECT {_ID} AS id, (%(workflows)s::bigint[])[1 + n %% %(kinds)s] AS workflow_id,
        (%(versions)s::bigint[])[1 + n %% %(kinds)s] AS version_id, to_timestamp(ms / 1000.0) AS at,
        n %% 50 = 0 AS failed
    FROM (SELECT n, md5(random()::text) AS hash, (extract(epoch FROM %(start)s::timestamptz) * 1000
              + n * (extract(epoch FROM %(end)s::timestamptz - %(start)s) * 1000 / (%(runs)s + 1)))::bigint AS ms
          FROM generate_series(1, %(runs)s) AS n) AS numbered
"""  # noqa: S608
_ROWS = {
    "run": """
        (id, workflow_id, version_id, state, trigger, started_by_id, started_by, input, output, error, created_at,
         finished_at)
        SELECT id, workflow_id, version_id, CASE WHEN failed THEN 'FAILED' ELSE 'SUCCEEDED' END, 's0', 'member:1',
            'Meg', '{"order": {"id": 4711, "amount": 120}}', '{"value": 9}',
            CASE WHEN failed THEN '{"node": "s9", "code": "told_to_fail"}'::jsonb END, at, at + interval '2 s'
        FROM made""",
    "step": """
        (run_id, node, item, kind, state, attempt, since)
        SELECT id, 's' || k, 0, 'set_values', CASE WHEN failed AND k = 9 THEN 'FAILED' ELSE 'SUCCEEDED' END, 1, at
        FROM made, generate_series(0, 9) AS k""",
    "stepresult": """
        (run_id, node, item, attempt, port, output, finished_at)
        SELECT id, 's' || k, 0, 1, 'out', jsonb_build_object('value', k), at FROM made, generate_series(0, 9) AS k""",
    "stepattempt": """
        (run_id, node, item, attempt, agent, started_at, ended_at, outcome)
        SELECT id, 's' || k, 0, 1, 'clerk', at, at + interval '1 ms',
            CASE WHEN failed AND k = 9 THEN 'FAILED' ELSE 'SUCCEEDED' END
        FROM made, generate_series(0, 9) AS k""",
}


def fill(steps: int, workflows: list[Any]) -> None:
    """Adds so many step rows and what belongs to them, week by week."""
    runs = steps // STEPS_A_RUN
    now = datetime.now(UTC)
    this_week = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    runs_now = runs * NOW_PERCENT // 100
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET synchronous_commit = off; SET maintenance_work_mem = '1GB'")
        for ago in range(WEEKS, 0, -1):
            start = this_week - timedelta(days=7 * ago)
            _make_runs(cursor, start, start + timedelta(days=7), (runs - runs_now) // WEEKS, workflows)
            for table in TABLES:
                _fill_past_week(cursor, table, start)
            cursor.execute("DROP TABLE made")
        _make_runs(cursor, this_week, now - timedelta(minutes=1), runs_now, workflows)
        for table in TABLES:
            cursor.execute(f"INSERT INTO workflows_{table} {_ROWS[table]}")
        cursor.execute("DROP TABLE made")
        for table in TABLES:
            cursor.execute(f"VACUUM (ANALYZE) workflows_{table}")
        cursor.execute("CHECKPOINT")
    connection.close()


def _make_runs(cursor: Any, start: datetime, end: datetime, runs: int, workflows: list[Any]) -> None:
    cursor.execute(
        _RUNS,
        {
            "start": start, "end": end, "runs": runs, "kinds": len(workflows),
            "workflows": [one.pk for one in workflows], "versions": [one.published_id for one in workflows],
        },
    )  # fmt: skip


def _fill_past_week(cursor: Any, table: str, start: datetime) -> None:
    """Rows first, then the partition's indexes: many times quicker than row by row."""
    parent, end = f"workflows_{table}", start + timedelta(days=7)
    child = f"{parent}_{start:%Gw%V}"
    cursor.execute(f"CREATE TABLE {child} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    cursor.execute(f"INSERT INTO {child} {_ROWS[table]}")
    bounds = f"FROM (workflows_first_id('{start:%F}Z')) TO (workflows_first_id('{end:%F}Z'))"
    cursor.execute(f"ALTER TABLE {parent} ATTACH PARTITION {child} FOR VALUES {bounds}")
    cursor.execute(f"ALTER TABLE {child} SET (autovacuum_vacuum_scale_factor = 0.02)")
