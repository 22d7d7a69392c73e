"""People cancel runs at any moment, and answer questions before they are asked and five at a time."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import pytest
from django.db import connection

from crm.errors import Conflict
from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import sized
from tests.chaos.world import World
from workflows.engine.cancel import cancel
from workflows.engine.signals import send_signal
from workflows.models import Approval
from workflows.services.approvals import decide_approval

pytestmark = pytest.mark.chaos

AT_ONCE = 5


def _cancel_after(run: UUID, seconds: float) -> tuple[UUID, datetime] | None:
    """When the cancel had surely been committed, by the database's clock; None if the run had ended."""
    time.sleep(seconds)
    try:
        return (run, load.ask("SELECT clock_timestamp()")[0][0]) if cancel(run) else None
    finally:
        connection.close()


@pytest.mark.promise("10 cancel in any state")
def test_no_effect_starts_after_a_cancel(world: World, tell: Tell) -> None:
    runs = sized(1_000, 200)
    world.start_agents("clerk", "clerk", "messenger")
    nodes = {**load.TEN_STEPS, "second": ("chaos_count", {"seconds": 0.02}), "call": ("chaos_call", {"seconds": 0.05})}
    workflow = load.published(nodes, *load.TEN_WAYS)
    world.wait_until(lambda: load.number("SELECT count(*) FROM agents_worker") == 3, 60, "three workers are up")
    rng, cancelled = random.Random(10), []
    with ThreadPoolExecutor(4) as pool:
        pending = []
        for _ in range(runs):
            (run,) = load.start_many(workflow, 1, threads=1)
            pending.append(pool.submit(_cancel_after, run, rng.uniform(0, 0.15)))
        cancelled = [found for one in pending if (found := one.result())]
    world.wait_until(lambda: load.unfinished() == 0, 120, "all runs have ended")
    time.sleep(1)
    after = (
        "SELECT run_id, node, at FROM {} JOIN unnest(%s::uuid[], %s::timestamptz[]) AS c(run, moment) ON run = run_id"
    )
    columns = [[one for one, _ in cancelled], [at for _, at in cancelled]]
    late = load.number(f"SELECT count(*) FROM ({after.format('chaos_effect')} WHERE at > moment) AS l", columns)
    late_calls = load.ask(f"{after.format('chaos_call')} WHERE at > moment", columns)
    claimed = [one for one in late_calls if _was_claimed(one[0], one[1])]
    reached = load.ask(
        "SELECT count(DISTINCT s.node), count(*) FROM workflows_step s JOIN workflows_run r ON r.id = s.run_id"
        " WHERE s.state = 'CANCELLED'"
    )[0]
    tell(
        f"{runs} runs, {len(cancelled)} of them cancelled while {reached[0]} different steps were open",
        f"{late} effects after it; {len(claimed)} calls were under way,"
        f" {len(late_calls) - len(claimed)} started after it",
    )
    assert len(cancelled) > runs / 10
    assert (late, len(late_calls) - len(claimed)) == (0, 0)


def _was_claimed(run: UUID, node: str) -> bool:
    """Claimed by a worker, and committed, before the cancel took hold of it."""
    return bool(
        load.number("SELECT count(*) FROM workflows_step WHERE run_id = %s AND node = %s AND attempt > 0", [run, node])
    )


@pytest.mark.promise("11a signals before, during and after the wait")
def test_a_signal_counts_once_whenever_it_comes(world: World, tell: Tell) -> None:
    runs = sized(300, 90)
    workflow = load.published(
        {"before": "chaos_count", "ask": "chaos_ask", "after": "chaos_count"}, "before ask", "ask after"
    )
    early = load.start_many(workflow, runs // 3)
    taken = [_signal_by_many(run) for run in early]
    world.start_agents("clerk", "clerk")
    world.wait_until(lambda: load.number("SELECT count(*) FROM agents_worker") == 2, 60, "two workers are up")
    for _ in range(runs // 3):
        (run,) = load.start_many(workflow, 1, threads=1)
        taken.append(_signal_by_many(run))
    late = load.start_many(workflow, runs // 3)
    world.wait_until(lambda: _waiting() == len(late), 60, "the last ones wait")
    taken += [_signal_by_many(run) for run in late]
    world.wait_until(lambda: load.unfinished() == 0, 60, "all runs have ended")
    tell(
        f"{len(taken)} questions, a third each before, during and after, {AT_ONCE} answers in parallel",
        f"{sum(taken)} answers taken, {AT_ONCE * len(taken) - sum(taken)} told that they came too late",
    )
    assert set(taken) == {1}
    assert (load.effects(), load.doubled_effects()) == (2 * len(taken), 0)


def _waiting() -> int:
    return load.number("SELECT count(*) FROM workflows_step WHERE state = 'WAITING'")


def _signal_by_many(run: UUID) -> int:
    def send(by: int) -> bool:
        try:
            return send_signal(run_id=run, node="ask", item=0, key="decision", payload={"by": by})
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(send, range(AT_ONCE)))


@pytest.mark.promise("11b five people decide one approval")
def test_one_decision_counts_and_the_others_are_told(world: World, tell: Tell) -> None:
    runs = sized(100, 30)
    world.start_agents("clerk", "clerk")
    nodes = {"ask": ("approval", {"title": "May it?", "role": "manager"}), "yes": "chaos_count", "no": "chaos_count"}
    load.start_many(load.published(nodes, "ask approved yes", "ask rejected no"), runs)
    world.wait_until(lambda: Approval.objects.count() == runs, 60, "all are asked")
    told = [_decide_by_many(one) for one in Approval.objects.values_list("pk", flat=True)]
    world.wait_until(lambda: load.unfinished() == 0, 60, "all runs have ended")
    refused = sum(told.count("already_decided") for told in told)
    tell(
        f"{runs} approvals, {AT_ONCE} managers in parallel, some for and some against",
        f"{runs * AT_ONCE - refused} decisions, {refused} told who was faster",
    )
    assert all(sorted(one) == ["", *["already_decided"] * (AT_ONCE - 1)] for one in told)
    assert (load.effects(), load.doubled_effects()) == (runs, 0)


def _decide_by_many(approval_id: int) -> list[str]:
    actor = load.manager()

    def decide(by: int) -> str:
        decision = "approved" if by % 2 else "rejected"
        try:
            decide_approval(actor=actor, approval=Approval.objects.get(pk=approval_id), decision=decision)
        except Conflict as conflict:
            return str(conflict.code)
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(decide, range(AT_ONCE)))
