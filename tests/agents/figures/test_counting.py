"""Figures: counted once, soon, by whichever worker, and right."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from agents import tallies
from agents.models import Agent, FiguresMark, HourFigures, NodeFigures
from agents.selectors.figures import read_period, summarise
from agents.services.figures import count_attempts
from tests.agents.figures.conftest import HALF_PAST, WORKER, MakeRun
from workflows.models import StepAttempt, Workflow

DONE = "SUCCEEDED"


def settle_clock() -> None:
    """Puts what was recorded in this test behind the window that is still left alone."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_stepattempt SET recorded_at = recorded_at - interval '5 seconds'")


@pytest.mark.django_db
def test_what_an_hour_held_is_added_up(chain: Workflow, make_run: MakeRun) -> None:
    Agent.objects.create(name="clerk", queue="clerk", capacity=2)
    make_run(chain, ("a", 0, 1, 0, 10, DONE), ("b", 0, 1, 10, 14, DONE), ("c", 0, 1, 12, 16, DONE))
    settle_clock()
    assert count_attempts() == 3
    row = HourFigures.objects.get()
    assert (row.agent, row.worker_id, row.capacity, row.attempts, row.succeeded) == ("clerk", WORKER, 2, 3, 3)
    assert (row.busy, row.parallel, row.failed) == (18, 2, 0)
    assert row.spans == [[1_800_000, 1_816_000]]
    assert sum(row.took) == 3


@pytest.mark.django_db
def test_every_attempt_is_counted_once(chain: Workflow, make_run: MakeRun) -> None:
    make_run(chain, ("a", 0, 1, 0, 1, DONE))
    settle_clock()
    assert [count_attempts(), count_attempts()] == [1, 0]
    make_run(chain, ("a", 0, 1, 0, 1, DONE))
    StepAttempt.objects.filter(recorded_at__lt=FiguresMark.objects.get().until).update(recorded_at=None)
    FiguresMark.objects.update(until=HALF_PAST - timedelta(days=1))
    settle_clock()
    assert count_attempts() == 1
    assert HourFigures.objects.get().attempts == 2


@pytest.mark.django_db
def test_what_was_recorded_a_moment_ago_is_left_for_later(chain: Workflow, make_run: MakeRun) -> None:
    make_run(chain, ("a", 0, 1, 0, 1, DONE))
    assert count_attempts() == 0


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_comes_late_is_not_passed_by(chain: Workflow, make_run: MakeRun) -> None:
    made, may_commit = threading.Event(), threading.Event()

    def write() -> None:
        try:
            with transaction.atomic():
                make_run(chain, ("a", 0, 1, 0, 1, DONE))
                made.set()
                may_commit.wait(30)
        finally:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    made.wait(30)
    make_run(chain, ("b", 0, 1, 0, 1, DONE))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1.2)")  # the window of a second is over
    early = count_attempts()
    behind = FiguresMark.objects.get().until
    may_commit.set()
    writer.join()
    assert StepAttempt.objects.filter(recorded_at__lt=behind).count() == early == 0
    assert count_attempts() == 2
    assert HourFigures.objects.get().attempts == 2


@pytest.mark.django_db(transaction=True)
def test_many_who_count_at_once_count_once(chain: Workflow, make_run: MakeRun) -> None:
    for _ in range(20):
        make_run(chain, ("a", 0, 1, 0, 1, DONE), ("b", 0, 1, 1, 2, DONE))
    settle_clock()
    counted: list[int] = []

    def count() -> None:
        try:
            counted.append(count_attempts())
        finally:
            connection.close()

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    count_attempts()
    assert sum(counted) == 40
    assert sum(HourFigures.objects.values_list("attempts", flat=True)) == 40
    assert {one.node: one.count for one in NodeFigures.objects.all()} == {"a": 20, "b": 20}


@pytest.mark.django_db
def test_a_recovery_is_counted_when_it_comes(chain: Workflow, make_run: MakeRun) -> None:
    make_run(
        chain, ("a", 0, 1, 0, 1, "LOST"), ("a", 0, 2, 1, 2, "FAILED"), ("a", 0, 3, 3, 4, DONE),
        ("b", 0, 1, 4, 5, "FAILED"),
    )  # fmt: skip
    settle_clock()
    count_attempts()
    figures = read_period(2).whole
    assert figures.fault_recovery_rate == pytest.approx(2 / 3)
    assert figures.success_rate == pytest.approx(1 / 4)


@pytest.mark.django_db
def test_the_mean_and_spread_of_a_node_are_those_of_all_its_attempts(chain: Workflow, make_run: MakeRun) -> None:
    for seconds in (1, 2, 6):
        make_run(chain, ("a", 0, 1, 0, seconds, DONE))
        settle_clock()
        count_attempts()
        # Counted for good: only what comes now is before the mark that is set back.
        StepAttempt.objects.update(recorded_at=None)
        FiguresMark.objects.update(until=HALF_PAST - timedelta(days=1))
    figures = NodeFigures.objects.get()
    assert (figures.count, figures.mean) == (3, 3)
    assert figures.m2 == pytest.approx(14)
    assert sum(figures.took) == 3


@pytest.mark.django_db
def test_the_figures_of_parallel_work(db: None) -> None:
    hour = HALF_PAST.replace(minute=0)
    rows = [
        HourFigures(
            hour=hour, agent="clerk", worker_id=UUID(int=number), capacity=2, attempts=10, succeeded=9, failed=1,
            recovered=1, parallel=4, busy=busy, spans=[[0, 100_000]], took=[0, 10], waited=[5, 5],
        )
        for number, busy in ((1, 300.0), (2, 100.0))
    ]  # fmt: skip
    figures = summarise("clerk", rows, hour + timedelta(hours=3))
    assert figures.speed_up == 4  # 400 s of work in 100 s
    assert figures.places == 4
    assert figures.parallel_efficiency == 1
    assert figures.load_balance == pytest.approx((150 - 100) / 150)
    assert figures.utilisation == pytest.approx(400 / (4 * 3600))
    assert (figures.decomposition_rate, figures.fault_recovery_rate, figures.success_rate) == (0.4, 1, 0.9)
    assert figures.wait_p50 == tallies.largest(0)
    assert figures.wait_p95 == tallies.largest(1)


@pytest.mark.django_db
def test_nothing_counted_is_no_figure(db: None) -> None:
    figures = read_period().whole
    assert (figures.attempts, figures.speed_up, figures.load_balance, figures.wait_p95) == (0, None, None, None)


@given(st.lists(st.floats(0.0003, 2900), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_off_by_a_size_at_most(times: list[float], share: float) -> None:
    counts: list[int] = []
    for time in times:
        counts = tallies.add(counts, [0] * tallies.size_of(time) + [1])
    found = tallies.quantile(counts, share)
    assert found is not None
    exact = sorted(times)[max(0, -int(-share * len(times) // 1) - 1)]
    assert exact <= found * 1.000001
    assert found <= exact * 1.42


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 30)), max_size=60))
def test_spans_cover_what_ran_and_nothing_else(drawn: list[tuple[int, int]]) -> None:
    spans = [[begin, begin + long] for begin, long in drawn]
    covered = {moment for begin, end in spans for moment in range(begin, end)}
    assert tallies.length(tallies.union(spans)) == len(covered)


def test_too_many_spans_lose_their_smallest_gaps() -> None:
    spans = [[10 * n, 10 * n + 5] for n in range(tallies.MOST_SPANS)]
    wide = [[100_000, 100_001], *spans, [200_000, 200_001]]
    merged = tallies.union(wide)
    assert len(merged) <= tallies.MOST_SPANS
    assert merged[-1] == [200_000, 200_001]
