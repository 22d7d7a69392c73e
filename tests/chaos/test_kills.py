"""Workers are killed at random, and killed again."""

from __future__ import annotations

import random
import time

import pytest

from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import sized
from tests.chaos.world import World

pytestmark = pytest.mark.chaos


@pytest.mark.promise("1 SIGKILL of random workers")
def test_each_step_is_recorded_once_though_workers_are_killed(world: World, tell: Tell) -> None:
    runs, kills = sized(5_000, 600), sized(300, 40)
    world.start_agents("clerk", "clerk", "messenger")
    workflow = load.published(load.TEN_STEPS, *load.TEN_WAYS)
    begun = time.monotonic()
    load.start_many(workflow, runs)
    rng, killed = random.Random(1), 0
    while killed < kills and load.unfinished():
        killed += world.kill_one(rng)
        time.sleep(rng.uniform(0.2, 0.8))
    world.wait_until(lambda: load.unfinished() == 0, 600, "all runs have ended", every=1)
    seconds = time.monotonic() - begun
    came, different = load.calls()
    tell(
        f"{runs:,} runs of ten steps, {killed} SIGKILLs",
        f"{load.effects():,} effects, {load.doubled_effects()} doubled; {came - different} calls repeated under their"
        f" key; 0 stuck; {seconds:.0f} s",
    )
    assert load.number("SELECT count(*) FROM workflows_run WHERE state = 'SUCCEEDED'") == runs
    assert (load.effects(), load.doubled_effects()) == (runs * load.TEN_EFFECTS, 0)
    assert different == runs * load.TEN_CALLS
