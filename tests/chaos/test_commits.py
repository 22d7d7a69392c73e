"""What Postgres itself counts: commits for each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.world import World
from tests.workflows.engine.conftest import work_off

pytestmark = pytest.mark.chaos

RUNS, STEPS, ITEMS = 20, 40, 10_000


def commits_of(work: Callable[[], object]) -> int:
    """Counted by another session, after this one has told its figures."""
    connection.close()
    before = _commits()
    work()
    connection.close()
    return _commits() - before


def _commits() -> int:
    statement = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    load.ask("SELECT 1 FROM pg_stat_clear_snapshot()")
    found = load.number(statement)
    connection.close()
    return found


def chain(kind: str, config: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    nodes = {f"s{number}": (kind, config) for number in range(STEPS)}
    return nodes, [f"s{number} s{number + 1}" for number in range(STEPS - 1)]


def of_chain(kind: str, config: dict[str, Any]) -> float:
    nodes, ways = chain(kind, config)
    workflow = load.published(nodes, *ways)
    load.start_many(workflow, 1)
    work_off()
    load.start_many(workflow, RUNS)
    work_and_look, look = commits_of(work_off), commits_of(lambda: work_off())
    return (work_and_look - look) / (RUNS * STEPS)


@pytest.mark.promise("12 commits a step, from pg_stat_database")
def test_steps_share_their_commits(world: World, tell: Tell) -> None:
    outside, pure = of_chain("chaos_outside", {}), of_chain("set_values", {"values": {"a": 1}})
    body = {"type": "set_values", "parent": "each", "config": {"values": {"n": {"$expr": "item"}}}}
    workflow = load.published({"each": ("map", {"items": {"$expr": "input.ids"}}), "set": body})
    load.start_many(workflow, 1, threads=1, given={"ids": list(range(ITEMS))})
    item = commits_of(work_off) / ITEMS
    tell(
        f"{RUNS} runs of {STEPS} outside steps, as many of pure ones, {ITEMS:,} items of a map; one worker alone",
        f"{outside:.3f} an outside step, {pure:.3f} a pure step, {item:.4f} an item",
    )
    assert outside <= 1.05
    assert pure <= 0.1
    assert item <= 0.02
