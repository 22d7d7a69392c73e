"""The broker is away, forgets everything, or delivers everything three times and out of order."""

from __future__ import annotations

import random
import time

import pytest

from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import sized
from tests.chaos.messages import Shuffler
from tests.chaos.world import World

pytestmark = pytest.mark.chaos


def check_exactly_once(runs: int) -> str:
    came, different = load.calls()
    assert load.number("SELECT count(*) FROM workflows_run WHERE state = 'SUCCEEDED'") == runs
    assert (load.effects(), load.doubled_effects()) == (runs * load.TEN_EFFECTS, 0)
    assert came == different == runs * load.TEN_CALLS
    return f"{load.effects():,} effects and {came:,} calls, none doubled; 0 lost"


@pytest.mark.promise("2a broker stopped for the whole test")
def test_every_run_ends_without_a_broker(world: World, tell: Tell) -> None:
    runs = sized(1_000, 200)
    world.valkey.stop()
    try:
        world.start_agents("clerk", "messenger")
        begun = time.monotonic()
        load.start_many(load.published(load.TEN_STEPS, *load.TEN_WAYS), runs)
        world.wait_until(lambda: load.unfinished() == 0, 300, "all runs have ended", every=1)
        seconds = time.monotonic() - begun
    finally:
        world.valkey.start()
    tell(f"{runs:,} runs of ten steps", f"{check_exactly_once(runs)}; {seconds:.0f} s")


@pytest.mark.promise("2b FLUSHALL every 2 s")
def test_nothing_is_lost_with_the_messages(world: World, tell: Tell) -> None:
    runs = sized(2_000, 200)
    world.start_agents("clerk", "messenger")
    workflow = load.published(load.TEN_STEPS, *load.TEN_WAYS)
    flushed, lost = 0, 0
    begun = time.monotonic()
    for _ in range(4):
        load.start_many(workflow, runs // 4)
        broker = world.broker()
        lost += broker.llen("clerk") + broker.llen("messenger")
        broker.flushall()
        flushed += 1
        time.sleep(2)
    while load.unfinished():
        assert time.monotonic() - begun < 300, f"{load.unfinished()} runs have not ended"
        broker = world.broker()
        lost += broker.llen("clerk") + broker.llen("messenger")
        broker.flushall()
        flushed += 1
        time.sleep(2)
    seconds = time.monotonic() - begun
    tell(
        f"{runs // 4 * 4:,} runs of ten steps, {flushed} times FLUSHALL",
        f"{lost:,} messages thrown away; {check_exactly_once(runs // 4 * 4)}; {seconds:.0f} s",
    )


@pytest.mark.promise("4 every message three times, in random order")
def test_effects_happen_once_though_messages_come_thrice(world: World, tell: Tell) -> None:
    runs = sized(1_000, 200)
    shuffler = Shuffler(world.broker(), ("clerk", "messenger"), random.Random(4))
    shuffler.start()
    detour = {"CHAOS_DISPATCHER": "tests.chaos.messages.dispatch_by_detour"}
    world.start_agents("clerk", "clerk", "messenger", **detour)
    begun = time.monotonic()
    load.start_many(load.published(load.TEN_STEPS, *load.TEN_WAYS), runs)
    world.wait_until(lambda: load.unfinished() == 0, 300, "all runs have ended", every=1)
    seconds = time.monotonic() - begun
    shuffler.over.set()
    tell(
        f"{runs:,} runs of ten steps, {shuffler.came:,} messages sent {shuffler.sent:,} times",
        f"{check_exactly_once(runs)}; {seconds:.0f} s",
    )
    assert shuffler.sent > 2 * shuffler.came > 0
