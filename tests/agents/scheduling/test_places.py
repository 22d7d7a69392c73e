"""Capacity in units: a worker never has more in hand than its places, whichever process claims and whoever dies."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from agents import agenda, executor
from agents.models import Agent
from tests.agents.scheduling.conftest import Flood, Fresh, MakeAgent, age, refs, state_of
from tests.workflows.engine.kinds import Nothing
from workflows import registry
from workflows.engine.refs import WorkerInfo
from workflows.models import Step
from workflows.steps import Done, Effect, Family, Outcome, StepContext, StepType

CAPACITY = 4


class Hall:
    """Steps stay in it until they are let out; it notes how many units were inside at most."""

    def __init__(self) -> None:
        self.out = threading.Event()
        self.most = 0
        self.worker: WorkerInfo | None = None

    def look(self) -> None:
        mine = Step.objects.filter(state="RUNNING", worker_id=self.worker.id if self.worker else None)
        self.most = max(self.most, mine.aggregate(units=Sum("units"))["units"] or 0)


@pytest.fixture
def hall(make_agent: MakeAgent, fresh: Fresh) -> Iterator[Hall]:
    hall = Hall()

    def stay(context: StepContext, config: Nothing) -> Outcome:
        hall.look()
        assert hall.out.wait(60)
        hall.look()
        return Done({})

    for key, units in (("test_small", 1), ("test_large", 3), ("test_huge", 99)):
        registry.register(
            StepType(
                key=key, title=key, family=Family.CONNECT, description="", effect=Effect.KEYED, config=Nothing,
                run=stay, icon="globe", units=units,
            )
        )  # fmt: skip
    hall.worker = fresh(make_agent("load", capacity=CAPACITY))
    yield hall
    hall.out.set()
    for key in ("test_small", "test_large", "test_huge"):
        registry._types.pop(key, None)


def in_hand() -> int:
    return int(Step.objects.filter(state="RUNNING").aggregate(units=Sum("units"))["units"] or 0)


def begin(hall: Hall, pool: ThreadPoolExecutor, run: Any) -> Any:
    """As another process of the worker."""

    def work() -> bool:
        try:
            assert hall.worker
            return executor.work(refs([run])[0], hall.worker)
        finally:
            connection.close()

    return pool.submit(work)


def wait_until_running(run: Any) -> None:
    for _ in range(3000):
        if state_of(run) == "RUNNING":
            return
        threading.Event().wait(0.02)
    raise AssertionError("it does not begin")


def test_what_does_not_fit_is_left_ready(hall: Hall, flood: Flood) -> None:
    large, other = flood("Large", 2, ("test_large", {}))
    (small,) = flood("Small", 1, ("test_small", {}))
    with ThreadPoolExecutor() as pool:
        begin(hall, pool, large)
        wait_until_running(large)
        assert not begin(hall, pool, other).result(30)  # 3 of 4 are taken
        begin(hall, pool, small)
        wait_until_running(small)
        assert state_of(other) == "READY"
        assert in_hand() == CAPACITY
        hall.out.set()
    assert hall.worker
    assert executor.work(refs([other])[0], hall.worker)
    assert {state_of(run) for run in (large, other, small)} == {"SUCCEEDED"}


def test_many_processes_at_once_never_take_more_than_there_is(hall: Hall, flood: Flood) -> None:
    runs = [*flood("Large", 6, ("test_large", {})), *flood("Small", 6, ("test_small", {}))]
    with ThreadPoolExecutor(len(runs)) as pool:
        begun = [begin(hall, pool, run) for run in reversed(runs)]
        refused = [one for one in begun if _soon(one) is False]
        assert in_hand() <= CAPACITY
        assert refused
        hall.out.set()
    assert 0 < hall.most <= CAPACITY
    ended = sum(state_of(run) == "SUCCEEDED" for run in runs)
    assert ended == len(runs) - len(refused)


def _soon(future: Any) -> bool | None:
    """Those that got in stay in."""
    try:
        return bool(future.result(3))
    except TimeoutError:
        return None


def test_a_killed_worker_leaves_no_place_taken(hall: Hall, flood: Flood, fresh: Fresh) -> None:
    lost, next_ = flood("Large", 2, ("test_large", {}))
    assert hall.worker
    Step.objects.filter(run_id=lost.pk).update(state="RUNNING", attempt=1, worker_id=hall.worker.id)
    assert not executor.work(refs([next_])[0], hall.worker)
    reborn = fresh(Agent.objects.get())
    hall.out.set()
    assert executor.work(refs([next_])[0], reborn)  # the dead one's rows are not the new one's


def test_small_steps_do_not_keep_a_large_one_out_for_ever(hall: Hall, flood: Flood) -> None:
    first, second = flood("Small", 2, ("test_small", {}))
    large = flood("Large", 1, ("test_large", {}))[0]
    hall.out.set()
    assert hall.worker
    age(large, 60)
    assert not executor.work(refs([first])[0], hall.worker)
    assert executor.work(refs([large])[0], hall.worker)
    assert executor.work(refs([second])[0], hall.worker)


def test_one_that_no_worker_has_room_for_keeps_nobody_out(hall: Hall, flood: Flood) -> None:
    (huge,) = flood("Huge", 1, ("test_huge", {}))
    (small,) = flood("Small", 1, ("test_small", {}))
    age(huge, 60)
    hall.out.set()
    assert hall.worker
    assert not executor.work(refs([huge])[0], hall.worker)
    assert executor.work(refs([small])[0], hall.worker)


def test_free_places_are_announced(hall: Hall, flood: Flood, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr("agents.tasks.dispatch", told.extend)
    large, other = flood("Large", 2, ("test_large", {}))
    told.clear()
    hall.out.set()
    assert hall.worker
    assert agenda.carry_out(refs([large])[0], hall.worker)
    assert told == [("test_large", refs([other])[0])]


def test_a_step_that_takes_one_place_is_not_counted(flood: Flood, make_agent: MakeAgent, fresh: Fresh) -> None:
    worker = fresh(make_agent(kinds=["decision"]))
    assert worker.places() is None
