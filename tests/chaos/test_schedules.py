"""Five schedulers at once, and then none for a while."""

from __future__ import annotations

import time

import pytest

from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import sized
from tests.chaos.world import World

pytestmark = pytest.mark.chaos

SCHEDULERS, SCHEDULES = 5, 30
SCHEDULER = """
import django, time
django.setup()
from workflows.engine.schedule import fire_due_schedules
while True:
    fire_due_schedules()
    time.sleep(0.05)
"""


def fires() -> int:
    return load.number("SELECT count(*) FROM workflows_schedulefire")


def runs() -> int:
    return load.number("SELECT count(*) FROM workflows_run")


def due() -> int:
    return load.number("SELECT count(*) FROM workflows_trigger WHERE next_fire_at <= clock_timestamp()")


def make_due(ago: str) -> None:
    load.ask(
        "UPDATE workflows_trigger SET next_fire_at = clock_timestamp() - %s::interval"
        " WHERE next_fire_at IS NOT NULL RETURNING 1",
        [ago],
    )


@pytest.mark.promise("6 five schedulers at once, none for ten minutes")
def test_each_fire_happens_once(world: World, tell: Tell) -> None:
    rounds = sized(60, 20)
    for number in range(SCHEDULES):
        schedule = {"cron": "* * * * *", "timezone": "Europe/Berlin" if number % 2 else "UTC"}
        load.published({"clock": ("trigger_schedule", schedule), "count": "chaos_count"}, "clock count")
    schedulers = [world.spawn("-c", SCHEDULER, log=f"scheduler{number}") for number in range(SCHEDULERS)]
    natural = load.ask("SELECT date_trunc('minute', now()) + interval '62 seconds'")[0][0]
    for _ in range(rounds):
        make_due("0 seconds")
        world.wait_until(lambda: due() == 0, 30, "the round has fired", every=0.1)
    forced = rounds * SCHEDULES
    world.wait_until(lambda: load.ask("SELECT now() > %s", [natural])[0][0], 65, "a minute has passed by itself")
    world.wait_until(lambda: due() == 0, 30, "the minute has fired", every=0.1)
    at_once, of_clock = fires(), fires() - forced
    assert (runs(), of_clock % SCHEDULES, of_clock >= SCHEDULES) == (at_once, 0, True)
    world.stop_agents()
    assert all(process.wait() for process in schedulers)
    make_due("10 minutes")
    world.spawn("-c", SCHEDULER, log="scheduler")
    world.wait_until(lambda: due() == 0, 30, "what was missed has fired", every=0.1)
    time.sleep(1)
    late = fires() - at_once
    tell(
        f"{SCHEDULES} schedules each minute, {rounds} times all due at once and by the clock; then ten minutes missed",
        f"{at_once:,} fires, {runs() - late:,} runs; of the ten missed minutes {late // SCHEDULES} fire each, as the"
        " policy “latest” has it",
    )
    assert (late, runs()) == (SCHEDULES, fires())
