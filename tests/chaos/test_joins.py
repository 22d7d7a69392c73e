"""Five hundred parents of one join that finish together."""

from __future__ import annotations

import time

import pytest

from agents.models import Agent
from agents.services.agents import AgentSettings, update_agent
from crm.actors import SYSTEM
from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import sized
from tests.chaos.world import World

pytestmark = pytest.mark.chaos

PARENTS, AT_ONCE = 500, 4


@pytest.mark.promise("9 join of 500 parents that finish together")
def test_a_join_of_many_fires_once(world: World, tell: Tell) -> None:
    times = sized(1_000, 4)
    clerk = Agent.objects.get(name="clerk")
    to = AgentSettings("clerk", list(clerk.kinds), capacity=AT_ONCE)
    update_agent(actor=SYSTEM, agent_id=clerk.pk, to=to)
    world.start_agents("clerk", "clerk", CHAOS_ENGINE='{"CHAIN_STEPS": 1}')
    parents = {f"p{number}": "set_values" for number in range(PARENTS)}
    nodes = {"fork": "set_values", **parents, "join": "chaos_count"}
    workflow = load.published(
        {key: (kind, {"values": {}}) if kind == "set_values" else kind for key, kind in nodes.items()},
        *(f"fork {parent}" for parent in parents), *(f"{parent} join" for parent in parents),
    )  # fmt: skip
    begun = time.monotonic()
    for _ in range(0, times, 4):
        load.start_many(workflow, 4)
        world.wait_until(lambda: load.unfinished() == 0, 300, "the joins have fired")
    seconds = time.monotonic() - begun
    runs = load.number("SELECT count(*) FROM workflows_run WHERE state = 'SUCCEEDED'")
    deadlocks = load.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    tell(
        f"{runs} times, {2 * AT_ONCE} processes, a transaction for each parent",
        f"{load.effects()} joins fired, {load.doubled_effects()} twice; {deadlocks} deadlocks;"
        f" {runs * PARENTS / seconds:,.0f} arrivals/s",
    )
    assert runs == -(-times // 4) * 4
    assert (load.effects(), load.doubled_effects(), deadlocks) == (runs, 0, 0)
