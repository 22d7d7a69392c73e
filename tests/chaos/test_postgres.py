"""Postgres is stopped at once, without a word to anybody, and started again."""

from __future__ import annotations

import random
import time

import pytest
from django.db import Error, connection

from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import sized
from tests.chaos.world import World

pytestmark = pytest.mark.chaos


@pytest.mark.promise("3 immediate restarts of Postgres")
def test_nothing_is_lost_or_doubled_when_postgres_dies(world: World, tell: Tell) -> None:
    restarts, runs_each = sized(50, 6), 60
    world.start_agents("clerk", "clerk", "messenger")
    workflow = load.published(load.TEN_STEPS, *load.TEN_WAYS)
    rng, started = random.Random(3), 0
    begun = time.monotonic()
    for _ in range(restarts):
        load.start_many(workflow, runs_each)
        started += runs_each
        time.sleep(rng.uniform(0.5, 2.5))
        connection.close()
        world.postgres.restart_at_once()
        time.sleep(rng.uniform(4, 8))
    world.wait_until(_all_have_ended, 300, "all runs have ended", every=1)
    seconds = time.monotonic() - begun
    came, different = load.calls()
    tell(
        f"{restarts} restarts with `-m immediate` during {started:,} runs of ten steps",
        f"{load.effects():,} effects, {load.doubled_effects()} doubled; {came - different} calls repeated under their"
        f" key; 0 lost; {seconds:.0f} s",
    )
    assert load.number("SELECT count(*) FROM workflows_run WHERE state = 'SUCCEEDED'") == started
    assert (load.effects(), load.doubled_effects()) == (started * load.TEN_EFFECTS, 0)
    assert different == started * load.TEN_CALLS


def _all_have_ended() -> bool:
    try:
        return load.unfinished() == 0
    except Error:
        connection.close()
        return False
