"""Five schedulers at once, and then none for a while."""

from __future__ import annotations

import pytest

from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import sized
from tests.chaos.world import World

pytestmark = pytest.mark.chaos

SCHEDULERS, SCHEDULES, MISSED = 5, 30, 60
SCHEDULER = """
import django, time
django.setup()
from workflows.engine.due import fire_due_triggers
while True:
    fire_due_triggers()
    time.sleep(0.05)
"""


def runs() -> int:
    return load.number("SELECT count(*) FROM workflows_run")


def due() -> int:
    return load.number("SELECT count(*) FROM workflows_trigger WHERE next_fire_at <= clock_timestamp()")


def miss(minutes: int, policy: str = "%") -> None:
    """As if nobody had looked for so long."""
    load.ask(
        "UPDATE workflows_trigger SET next_fire_at = date_trunc('minute', clock_timestamp()) - %s * interval '1 minute'"
        " WHERE config ->> 'missed' LIKE %s RETURNING 1",
        [minutes, policy],
    )


def publish_schedules(policy: str, number: int) -> None:
    for each in range(number):
        schedule = {"cron": "* * * * *", "timezone": "Europe/Berlin" if each % 2 else "UTC", "missed": policy}
        load.published({"clock": ("trigger_schedule", schedule), "count": "chaos_count"}, "clock count")


def fires_of(policy: str) -> list[int]:
    """Of each schedule: those of the minutes before this one."""
    found = load.ask(
        "SELECT count(f.*) FROM workflows_trigger t JOIN workflows_schedulefire f ON f.trigger_id = t.id"
        " WHERE t.config ->> 'missed' = %s GROUP BY t.id",
        [policy],
    )
    return [number for (number,) in found]


def gaps() -> int:
    """Minutes between a schedule's first fire and its last in which it did not fire."""
    return load.number(
        "SELECT coalesce(sum(extract(epoch FROM last - first) / 60 + 1 - fires), 0) FROM"
        " (SELECT max(fire_at) AS last, min(fire_at) AS first, count(*) AS fires FROM workflows_schedulefire f"
        "  JOIN workflows_trigger t ON t.id = trigger_id WHERE t.config ->> 'missed' = 'all' GROUP BY t.id) AS each"
    )


@pytest.mark.promise("6 five schedulers at once, none for ten minutes")
def test_each_fire_happens_once(world: World, tell: Tell) -> None:
    rounds = sized(20, 5)
    publish_schedules("all", SCHEDULES)
    schedulers = [world.spawn("-c", SCHEDULER, log=f"scheduler{number}") for number in range(SCHEDULERS)]
    for _ in range(rounds):
        miss(MISSED)
        world.wait_until(lambda: due() == 0, 60, "the round has fired", every=0.1)
    minute = load.ask("SELECT date_trunc('minute', now()) + interval '62 seconds'")[0][0]
    world.wait_until(lambda: load.ask("SELECT now() > %s", [minute])[0][0], 65, "a minute has passed by itself")
    world.wait_until(lambda: due() == 0, 30, "the minute has fired", every=0.1)
    at_once = sum(fires_of("all"))
    assert (runs(), gaps()) == (at_once, 0)
    assert at_once >= SCHEDULES * (MISSED + 2)
    world.stop_agents()
    assert all(process.wait() for process in schedulers)
    publish_schedules("latest", SCHEDULES)
    publish_schedules("skip", SCHEDULES)
    miss(10, "latest")
    miss(10, "skip")
    world.spawn("-c", SCHEDULER, log="scheduler")
    world.wait_until(lambda: due() == 0, 30, "what was missed has fired", every=0.1)
    latest, skipped = fires_of("latest"), fires_of("skip")
    tell(
        f"{SCHEDULES} schedules of each minute, {rounds} times put back by {MISSED} minutes under {SCHEDULERS}"
        " schedulers, then by the clock; others missed for ten minutes",
        f"{at_once:,} fires and runs, none twice, no minute left out; of the ten missed minutes the policy “latest”"
        f" fired {max(latest)}, “skip” {max(skipped)}",
    )
    assert (set(latest), set(skipped), len(latest)) == ({1}, {1}, SCHEDULES)
    assert runs() == load.number("SELECT count(*) FROM workflows_schedulefire")
