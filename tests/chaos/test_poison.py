"""A step that takes its worker down, each time."""

from __future__ import annotations

import json
import time

import pytest

from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import percentile
from tests.chaos.world import World
from workflows.models import Workflow

pytestmark = pytest.mark.chaos

SLOWER = 1.2


def p95_of_stream(world: World, workflow: Workflow, seconds: float) -> float:
    """Short runs, ten a second; the 95th of a hundred waits so long."""
    begun, started = time.monotonic(), []
    while (passed := time.monotonic() - begun) < seconds:
        started += load.start_many(workflow, 1, threads=1)
        time.sleep(max(0.0, begun + len(started) * 0.1 - time.monotonic()))
        assert passed < 600
    open_ones = "SELECT count(*) FROM workflows_run WHERE state = 'RUNNING' AND id = ANY(%s::uuid[])"
    world.wait_until(lambda: load.number(open_ones, [started]) == 0, 60, "the stream has ended")
    taken = load.ask(
        "SELECT extract(epoch FROM finished_at - created_at) FROM workflows_run WHERE id = ANY(%s::uuid[])",
        [started],
    )
    return percentile(sorted(float(one) for (one,) in taken), 0.95)


@pytest.mark.promise("7 a step that segfaults")
def test_a_step_that_crashes_its_worker_is_dead_after_five_times(world: World, tell: Tell) -> None:
    poisons, seconds = 1, 60
    world.start_agents("clerk", "clerk", CHAOS_ENGINE=json.dumps({"LEASE_SECONDS": 5, "RENEW_SECONDS": 2}))
    plain = load.published({"a": "chaos_count", "b": "chaos_count"}, "a b")
    poison = load.published({"before": "chaos_count", "bad": "chaos_segfault"}, "before bad")
    world.wait_until(lambda: load.number("SELECT count(*) FROM agents_worker") == 2, 60, "two workers are up")
    p95_of_stream(world, plain, 5)
    quiet = p95_of_stream(world, plain, seconds)
    poisoned = load.start_many(poison, poisons)
    beside = p95_of_stream(world, plain, seconds)
    world.wait_until(lambda: load.unfinished() == 0, 240, "the step is dead", every=1)
    ended = load.ask(
        "SELECT state, crashes FROM workflows_step WHERE node = 'bad' AND run_id = ANY(%s::uuid[])", [poisoned]
    )
    told = load.ask(
        "SELECT max(extract(epoch FROM finished_at - created_at)) FROM workflows_run WHERE state = 'FAILED'"
    )
    tell(
        f"{poisons} runs with a step that segfaults, beside ten others a second; leases of 5 s",
        f"DEAD after {ended[0][1]} crashes, {float(told[0][0]):.0f} s; p95 of the others {quiet * 1000:.0f} ms before,"
        f" {beside * 1000:.0f} ms beside it",
    )
    assert ended == [("DEAD", 5)] * poisons
    assert beside <= max(quiet * SLOWER, quiet + 0.010)
