"""Ten thousand items, with and without failures and kills."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import pytest

from crm.models import AuditEntry, Customer
from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import sized
from tests.chaos.world import World
from workflows.models import Run

pytestmark = pytest.mark.chaos

ITEMS = 10_000
CHANGES = {"lifecycle": "at_risk"}


def customers() -> list[int]:
    Customer.objects.bulk_create(
        (Customer(name=f"C{one}", email=f"c{one}@example.com") for one in range(ITEMS)), batch_size=1000
    )
    return list(Customer.objects.values_list("pk", flat=True))


def body(changes: dict[str, Any], *, failing: bool) -> dict[str, Any]:
    flaky = {"flaky": {"type": "chaos_flaky", "parent": "each", "config": {"every": 20}}} if failing else {}
    update = {"customer": {"$expr": "item"}, "changes": changes}
    return {
        "each": ("map", {"items": {"$expr": "input.ids"}}),
        **flaky,
        "update": {"type": "update_customer", "parent": "each", "config": update},
        "after": "chaos_count",
    }


@pytest.mark.promise("8a map of 10,000 items that update customers")
def test_a_large_map_is_fast(world: World, tell: Tell) -> None:
    tries = sized(5, 3)
    world.start_agents("clerk", "clerk")
    ids = customers()
    seconds = []
    for turn in range(tries + 1):
        workflow = load.published(body({"lifecycle": "at_risk" if turn % 2 else "active"}, failing=False), "each after")
        (run,) = load.start_many(workflow, 1, threads=1, given={"ids": ids})
        world.wait_until(lambda: load.unfinished() == 0, 120, "the map has ended", every=0.2)
        ended = Run.objects.get(pk=run)
        assert (ended.state, ended.finished_at is not None) == ("SUCCEEDED", True)
        seconds.append((ended.finished_at - ended.created_at).total_seconds())  # type: ignore[operator]
    warm = sorted(seconds[1:])
    entries = AuditEntry.objects.filter(action="customer.update").count()
    tell(
        f"{tries} runs after one to warm up, two workers of two processes",
        f"{warm[0]:.2f} to {warm[-1]:.2f} s (cold {seconds[0]:.2f} s); {entries:,} audit entries",
    )
    assert load.doubled_effects() == 0
    assert load.effects() == tries + 1
    assert warm[0] <= 2


@pytest.mark.promise("8b the same with 5 % failing items and SIGKILLs")
def test_a_large_map_ends_once_though_items_fail_and_workers_die(world: World, tell: Tell) -> None:
    kills = sized(20, 10)
    world.start_agents("clerk", "clerk")
    ids = customers()
    workflow = load.published(body(CHANGES, failing=True), "flaky update", "each after")
    rng, killed, over = random.Random(8), 0, threading.Event()
    runs, begun = 0, time.monotonic()
    while killed < kills:
        load.start_many(workflow, 1, threads=1, given={"ids": ids})
        runs += 1
        until = time.monotonic() + 240
        while load.unfinished():
            assert time.monotonic() < until, "the map does not end"
            over.wait(rng.uniform(0.3, 0.9))
            killed += killed < kills and world.kill_one(rng)

    joined = load.ask(
        "SELECT output ->> 'succeeded', output ->> 'failed' FROM workflows_stepresult WHERE node = 'each' AND item = 0"
    )
    tell(
        f"{runs} maps of {ITEMS:,} items, {ITEMS // 20} of them failing, {killed} SIGKILLs",
        f"each join fired once with {joined[0][0]} succeeded and {joined[0][1]} failed;"
        f" {time.monotonic() - begun:.0f} s",
    )
    assert joined == [(str(ITEMS - ITEMS // 20), str(ITEMS // 20))] * runs
    assert (load.effects(), load.doubled_effects()) == (runs, 0)
