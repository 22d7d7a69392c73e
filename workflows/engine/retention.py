"""Forgets runs that nobody wants kept any longer: whole weeks by dropping their partitions, the rest in small batches.

A run that is open, or that ended less than its workflow's retention ago, is never touched.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, ProgrammingError, connection, transaction
from psycopg2.errors import UndefinedTable

from workflows.models import Workflow

logger = logging.getLogger(__name__)

# Partitioned by run id, a week each; the run's own row goes last.
PARTITIONED = ("step", "stepresult", "stepattempt", "signal", "blob")
# What else belongs to a run. The audit trail does too, and stays.
AROUND = ("approval", "runkey", "schedulefire", "rungraph", "slot", "eventwait")
WEEK = timedelta(days=7)
BATCH = 500
MOST_SECONDS = 60  # a call; the next one goes on
LOCK_TRIES = 3

_KEEP = "unnest(%(workflows)s::bigint[], %(days)s::int[]) AS keep (workflow_id, days)"
# The engine's workers wait behind this lock, so it is asked for briefly or not at all.
_BRIEFLY = "SET LOCAL lock_timeout = '200ms'"


@dataclass(frozen=True)
class Week:
    """One partition of each run table."""

    name: str  # such as 2026w07
    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + WEEK

    def table(self, kind: str) -> str:
        return f"workflows_{kind}_{self.name}"


class StillWanted(Exception):
    """A run of the week was opened again while the week was about to be dropped."""


class InUse(Exception):
    """Somebody works with the week's tables just now."""


def forget_old_runs() -> tuple[list[str], int]:
    """The weeks that were dropped, and how many runs besides were deleted."""
    keep, until = days_to_keep(), time.monotonic() + MOST_SECONDS
    dropped, busy = _forget_weeks(keep, until)
    deleted = 0
    while time.monotonic() < until and (count := delete_some(keep, weeks_too=not busy)):
        deleted += count
    return dropped, deleted


def days_to_keep() -> dict[int, int]:
    """By workflow: what its published version says, else what the installation says."""
    chosen = Workflow.objects.values_list("pk", "published__document__settings__keep_days")
    return {workflow: days or settings.RUN_KEEP_DAYS for workflow, days in chosen}


def past_weeks() -> list[Week]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, clock_timestamp() FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
            " WHERE inhparent = 'workflows_run'::regclass AND c.relname ~ '_[0-9]{4}w[0-9]{2}$' ORDER BY c.relname"
        )
        found = cursor.fetchall()
    weeks = [(_week_of(name.rpartition("_")[2]), now) for name, now in found]
    return [week for week, now in weeks if week.end <= now]


def _week_of(name: str) -> Week:
    return Week(name, datetime.strptime(f"{name}-1", "%Gw%V-%u").replace(tzinfo=UTC))


# Whole weeks


def _forget_weeks(keep: Mapping[int, int], until: float) -> tuple[list[str], bool]:
    """Those that were dropped, and whether one is still to be."""
    dropped, busy = [], False
    for week in past_weeks():
        try:
            if time.monotonic() < until and _forget_week(week, keep):
                dropped.append(week.name)
        except InUse:
            logger.warning("The runs of %s are in use; they are dropped at another time", week.name)
            busy = True
    return dropped, busy


def _forget_week(week: Week, keep: Mapping[int, int]) -> bool:
    try:
        if _holds_wanted(week, keep):
            return False
        _clear_around(week)
        return _drop_patiently(week, keep)
    except StillWanted:
        return False
    except ProgrammingError as error:
        if isinstance(error.__cause__, UndefinedTable):  # another worker was faster
            return False
        raise


def _drop_patiently(week: Week, keep: Mapping[int, int]) -> bool:
    for _ in range(LOCK_TRIES):
        try:
            _drop(week, keep)
            return True
        except OperationalError:
            time.sleep(1)
    raise InUse


def _holds_wanted(week: Week, keep: Mapping[int, int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {week.table('run')} AS run LEFT JOIN {_KEEP} USING (workflow_id)"  # noqa: S608
            " WHERE run.finished_at IS NULL"
            " OR run.finished_at > clock_timestamp() - make_interval(days => coalesce(keep.days, 36600)))",
            _as_arrays(keep),
        )
        return bool(cursor.fetchone()[0])


def _clear_around(week: Week) -> None:
    """Before the week goes: what would be left behind by a crash in between could never be found again."""
    for table in AROUND:
        statement = (
            f"DELETE FROM workflows_{table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM workflows_{table}"  # noqa: S608
            f" WHERE run_id >= workflows_first_id(%s) AND run_id < workflows_first_id(%s) LIMIT {BATCH}))"
        )
        while _execute(statement, [week.start, week.end]):
            pass


def _execute(statement: str, parameters: list[datetime]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


@transaction.atomic
def _drop(week: Week, keep: Mapping[int, int]) -> None:
    """All tables or none. With the run table's lock in hand, its runs are looked at once more."""
    with connection.cursor() as cursor:
        cursor.execute(_BRIEFLY)
        for kind in ("run", *PARTITIONED):
            cursor.execute(f"ALTER TABLE workflows_{kind} DETACH PARTITION {week.table(kind)}")
            if kind == "run" and _holds_wanted(week, keep):
                raise StillWanted
        cursor.execute(f"DROP TABLE {', '.join(week.table(kind) for kind in ('run', *PARTITIONED))}")
    logger.info("The runs of %s were dropped", week.name)


# Single runs


def delete_some(keep: Mapping[int, int], *, weeks_too: bool) -> int:
    """Deletes a batch of each workflow's old runs; answers how many.

    What is kept longest goes with its week. Without `weeks_too` it is not touched here, as a week is still to go.
    """
    longest = max(keep.values(), default=0)
    chosen = {workflow: days for workflow, days in keep.items() if weeks_too or days < longest}
    return sum(_delete_batch(workflow, days, days == longest) for workflow, days in chosen.items())


# What is kept longest has a week more: so long may a run of its week end late, and the week still goes as a whole.
_OLD = f"""
    SELECT id FROM workflows_run
    WHERE workflow_id = %(workflow)s AND finished_at <= clock_timestamp() - make_interval(days => %(days)s)
      AND id < workflows_first_id(CASE WHEN %(by_week)s
          THEN date_trunc('week', now() - make_interval(days => %(days)s + 7), 'UTC')
          ELSE now() - make_interval(days => %(days)s) END)
    ORDER BY id LIMIT {BATCH} FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - a number of ours


@transaction.atomic
def _delete_batch(workflow: int, days: int, by_week: bool) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_OLD, {"workflow": workflow, "days": days, "by_week": by_week})
        runs = [run for (run,) in cursor.fetchall()]
        for table in _tables_of_a_run() if runs else ():
            cursor.execute(f"DELETE FROM workflows_{table} WHERE run_id = ANY(%s)", [runs])  # noqa: S608
        if runs:
            cursor.execute("DELETE FROM workflows_run WHERE id = ANY(%s)", [runs])
    return len(runs)


def _tables_of_a_run() -> Iterator[str]:
    yield from PARTITIONED
    yield from AROUND


def _as_arrays(keep: Mapping[int, int]) -> dict[str, list[int]]:
    return {"workflows": list(keep), "days": list(keep.values())}
