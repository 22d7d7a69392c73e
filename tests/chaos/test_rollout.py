"""Agents are restarted one after another with a changed step type, while runs of the old version are under way."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.kinds import GreetWell
from tests.chaos.load import sized
from tests.chaos.world import World
from workflows import registry

pytestmark = pytest.mark.chaos


@pytest.mark.promise("rolling restart with a changed step type")
def test_every_run_ends_on_its_own_version(world: World, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = sized(1_000, 1_000)
    world.start_agents("clerk", "clerk", "messenger", CHAOS_VERSION="1")
    old_nodes = {"a": "chaos_count", "out": ("chaos_call", {"seconds": 0.1}), "greet": ("chaos_greet", {"name": "Ada"})}
    workflow = load.published(old_nodes, "a out", "out greet")
    old = load.start_many(workflow, runs // 2)
    world.wait_until(lambda: load.unfinished() < len(old) * 0.9, 120, "the first runs have ended")
    begun = time.monotonic()
    _restart(world, 0)
    _learn_new_code(monkeypatch)
    greet = ("chaos_greet", {"name": "Ada", "title": "Countess"})
    load.publish_anew(
        workflow, {**old_nodes, "greet": greet, "more": "chaos_count"}, "a out", "out greet", "greet more"
    )
    new = load.start_many(workflow, runs - len(old))
    under_way = load.unfinished()
    _restart(world, 1)
    _restart(world, 2)
    restarted = time.monotonic() - begun
    world.wait_until(lambda: load.unfinished() == 0, 300, "all runs have ended", every=1)
    ended = load.ask(
        "SELECT v.number, r.state, (s.output ->> 'greeting') LIKE '%%Countess%%', count(*) FROM workflows_run r"
        " JOIN workflows_version v ON v.id = r.version_id"
        " JOIN workflows_stepresult s ON s.run_id = r.id AND s.node = 'greet' GROUP BY 1, 2, 3 ORDER BY 1"
    )
    by_code = load.ask(
        "SELECT output ->> 'code', count(*) FROM workflows_stepresult WHERE node = 'greet' GROUP BY 1 ORDER BY 1"
    )
    tell(
        f"{len(old)} runs of version 1 and {len(new)} of version 2, three workers restarted one after another in"
        f" {restarted:.0f} s, {under_way} runs under way",
        f"all ended on their own version; greeted by code {' and '.join(f'{code} {n} times' for code, n in by_code)}",
    )
    assert ended == [(1, "SUCCEEDED", False, len(old)), (2, "SUCCEEDED", True, len(new))]
    assert (load.effects(), load.doubled_effects()) == (len(old) + 2 * len(new), 0)


def _restart(world: World, number: int) -> None:
    up = "SELECT count(*) FROM agents_worker"
    started = load.number(up)
    world.restart(world.slots[number], CHAOS_VERSION="2")
    world.wait_until(lambda: load.number(up) > started, 60, "the worker is up again")


def _learn_new_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, from which people publish, is one of the new release."""
    monkeypatch.setitem(registry._types, "chaos_greet", replace(registry.get("chaos_greet"), config=GreetWell))
