"""Old runs are forgotten: in whole weeks where that goes, else one by one; never what is open or wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.housekeeping import keep_house, make_partitions
from crm.actors import Actor
from crm.models import AuditEntry
from tests.workflows.engine.conftest import Publish
from workflows.engine import retention
from workflows.engine.retention import Week, forget_old_runs, past_weeks
from workflows.models import Approval, Blob, Run, RunKey, Signal, Step, StepAttempt, StepResult, Workflow
from workflows.states import RunState, StepState

pytestmark = pytest.mark.django_db(transaction=True)
Add = Callable[..., UUID]
NOTHING: dict[str, Any] = {"a": ("set_values", {})}


def days_ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


@pytest.fixture
def workflow(published: Publish) -> Workflow:
    return published(NOTHING)


@pytest.fixture(autouse=True)
def _whole_weeks() -> Iterator[None]:
    """No partition of the past is left when the test is over."""
    yield
    with connection.cursor() as cursor:
        for week in past_weeks():
            for kind in ("run", *retention.PARTITIONED):
                cursor.execute(f"DROP TABLE {week.table(kind)}")


def make_week(at: datetime) -> Week:
    """The partitions of a week that is over, as they were made before it began."""
    start = (at - timedelta(days=at.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    week = Week(start.strftime("%Gw%V"), start)
    with connection.cursor() as cursor:
        for kind in ("run", *retention.PARTITIONED):
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {week.table(kind)} PARTITION OF workflows_{kind}"
                f" FOR VALUES FROM (workflows_first_id('{week.start:%F}Z')) TO (workflows_first_id('{week.end:%F}Z'))"
            )
    return week


def id_of(at: datetime) -> UUID:
    """A UUIDv7 of that time."""
    stamp = int(at.timestamp() * 1000).to_bytes(6, "big")
    return UUID(bytes=stamp + b"\x70" + uuid4().bytes[7:])


@pytest.fixture
def add() -> Add:
    """A run with all that belongs to one, begun so many days ago."""

    def make(workflow: Workflow, begun: float, ended: float | None = None, *, partition: bool = True) -> UUID:
        at = days_ago(begun)
        if partition:
            make_week(at)
        run_id = id_of(at)
        is_open = ended is None
        Run.objects.create(
            id=run_id, workflow=workflow, version_id=workflow.published_id or 0, input={}, started_by="Meg",
            started_by_id="member:1", trigger="", created_at=at,
            state=RunState.RUNNING if is_open else RunState.SUCCEEDED,
            finished_at=None if ended is None else days_ago(ended),
        )  # fmt: skip
        Step.objects.create(
            run_id=run_id, node="a", kind="set_values", state=StepState.READY if is_open else StepState.SUCCEEDED,
            wake_at=timezone.now() if is_open else None,
        )  # fmt: skip
        StepResult.objects.create(run_id=run_id, node="a", attempt=1, output={})
        StepAttempt.objects.create(run_id=run_id, node="a", attempt=1, started_at=at, ended_at=at, outcome="SUCCEEDED")
        Signal.objects.create(run_id=run_id, node="a", dedup_key="k", payload={})
        Blob.objects.create(run_id=run_id, id=uuid4(), size=1, content=b"x")
        RunKey.objects.create(workflow=workflow, key=str(run_id), run_id=run_id)
        Approval.objects.create(run_id=run_id, node="a", workflow=workflow, run_number=1, title="Sure?", role="manager")
        return run_id

    return make


KEPT_APART = (Step, StepResult, StepAttempt, Signal, Blob, RunKey, Approval)


def left() -> set[UUID]:
    runs = set(Run.objects.values_list("pk", flat=True))
    for model in KEPT_APART:
        assert set(model.objects.values_list("run_id", flat=True)) == runs, model
    return runs


def week_names() -> list[str]:
    return [week.name for week in past_weeks()]


def keep(workflow: Workflow, days: int) -> Workflow:
    """Publishes what the workflow's settings say; the database lets no version be changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = 'replica'")
        workflow.published.document["settings"] = {"keep_days": days}  # type: ignore[union-attr]
        workflow.published.save()  # type: ignore[union-attr]
    return workflow


def test_a_week_that_nobody_wants_is_dropped(workflow: Workflow, add: Add) -> None:
    add(workflow, 120, 119)
    week = make_week(days_ago(120))
    assert week.name in week_names()
    assert forget_old_runs() == ([week.name], 0)
    assert (left(), week_names()) == (set(), [])


def test_a_run_within_retention_keeps_its_week(workflow: Workflow, add: Add) -> None:
    run = add(workflow, 120, 80)
    assert forget_old_runs() == ([], 0)
    assert left() == {run}


def test_an_open_run_is_never_dropped_and_the_others_of_its_week_are_deleted(workflow: Workflow, add: Add) -> None:
    still_open = add(workflow, 400)
    add(workflow, 400, 399)
    assert forget_old_runs() == ([], 1)
    assert left() == {still_open}


def test_what_ends_a_little_late_goes_with_its_week(workflow: Workflow, add: Add) -> None:
    monday = days_ago(0) - timedelta(days=days_ago(0).weekday())
    age = (days_ago(0) - monday).days + 7 + 91  # its week is over for 91 to 97 days
    early, late = add(workflow, age, age), add(workflow, age, 89)
    assert forget_old_runs() == ([], 0)
    assert left() == {early, late}


def test_a_workflow_with_a_shorter_retention_loses_its_runs_out_of_the_weeks_of_others(
    published: Publish, add: Add
) -> None:
    brief, other = keep(published(NOTHING), 10), published(NOTHING)
    add(brief, 40, 40)
    kept = {add(brief, 9, 9), add(brief, 40, 9), add(other, 40, 40), add(brief, 40)}
    assert forget_old_runs() == ([], 1)
    assert left() == kept


def test_a_workflow_with_a_longer_retention_keeps_its_runs(published: Publish, add: Add) -> None:
    lasting, other = keep(published(NOTHING), 365), published(NOTHING)
    kept = {add(lasting, 200, 200)}
    add(other, 200, 200)
    forget_old_runs()
    assert left() == kept


def test_the_installation_says_how_long_where_a_workflow_does_not(
    workflow: Workflow, add: Add, settings: object
) -> None:
    settings.RUN_KEEP_DAYS = 30  # type: ignore[attr-defined]
    add(workflow, 60, 60)
    forget_old_runs()
    assert left() == set()


def test_many_runs_go_in_batches(workflow: Workflow, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_OLD", retention._OLD.replace(f"LIMIT {retention.BATCH}", "LIMIT 2"))
    add(workflow, 400)
    for _ in range(5):
        add(workflow, 400, 399)
    assert forget_old_runs()[1] == 5


def test_runs_outside_any_week_are_deleted_too(workflow: Workflow, add: Add) -> None:
    add(workflow, 400, 399, partition=False)
    assert forget_old_runs() == ([], 1)
    assert left() == set()


def test_the_audit_trail_stays(workflow: Workflow, add: Add) -> None:
    run = add(workflow, 120, 119)
    entries = AuditEntry.objects.create(
        actor_id="member:1", actor_name="Meg", action="tag.add", object_type="customer", object_id="1",
        object_label="Alice", operation=uuid4(), run_id=run,
    ).pk  # fmt: skip
    keep_house()
    assert left() == set()
    assert AuditEntry.objects.filter(pk=entries, run_id=run).exists()


def test_the_weeks_to_come_are_not_touched(workflow: Workflow, add: Add) -> None:
    make_partitions()
    now = add(workflow, 0, 0, partition=False)
    forget_old_runs()
    assert left() == {now}
    assert make_partitions() == 0


def test_a_week_in_use_is_left_for_another_time(
    workflow: Workflow, add: Add, process_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LOCK_TRIES", 1)
    run = add(workflow, 120, 119)
    with closing(psycopg2.connect(process_environment["DATABASE_URL"])) as other, other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM workflows_step LIMIT 1")  # a reader who takes its time
        begun = timezone.now()
        assert forget_old_runs()[0] == []
        assert timezone.now() - begun < timedelta(seconds=5)
        assert Run.objects.filter(pk=run).exists()
    assert len(forget_old_runs()[0]) == 1


def test_a_run_that_is_opened_again_at_the_last_moment_keeps_its_week(
    workflow: Workflow, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = add(workflow, 120, 119)

    def reopen(week: Week) -> None:
        Run.objects.filter(pk=run).update(state=RunState.RUNNING, finished_at=None)

    monkeypatch.setattr(retention, "_clear_around", reopen)
    assert forget_old_runs() == ([], 0)
    assert Run.objects.filter(pk=run).exists()


def test_several_workers_may_forget_at_once(workflow: Workflow, add: Add) -> None:
    for days in (120, 130, 140):
        add(workflow, days, days - 1)
    add(workflow, 400)
    add(workflow, 400, 399)
    dropped: list[str] = []

    def forget() -> None:
        dropped.extend(forget_old_runs()[0])
        connection.close()

    threads = [Thread(target=forget) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    forget_old_runs()
    assert (sorted(set(dropped)), len(left())) == (sorted(dropped), 1)


RUNS = st.lists(
    st.tuples(st.booleans(), st.floats(1, 200), st.one_of(st.none(), st.floats(0, 1))), min_size=1, max_size=12
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(runs=RUNS)
def test_nothing_within_retention_is_ever_deleted(
    manager: Actor, published: Publish, add: Add, runs: list[tuple[bool, float, float | None]]
) -> None:
    """(of the brief workflow?, begun days ago, ended at this part of the time since, or open)."""
    Run.objects.all().delete()
    for model in KEPT_APART:
        model.objects.all().delete()
    brief, other = keep(published(NOTHING), 10), published(NOTHING)
    wanted = set()
    for is_brief, begun, part in runs:
        ended = None if part is None else begun * part
        run = add(brief if is_brief else other, begun, ended)
        if ended is None or ended < (10 if is_brief else 90) - 0.01:
            wanted.add(run)
    forget_old_runs()
    assert wanted <= left()
    forgotten = left() - wanted
    # What is not wanted is gone, but for what waits for its week: at most two weeks more.
    assert not any(Run.objects.filter(pk__in=forgotten, workflow=brief))
    assert not Run.objects.filter(
        pk__in=forgotten, pk__lt=id_of(days_ago(90 + 15)), finished_at__lt=days_ago(91)
    ).exists()
