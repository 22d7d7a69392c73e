"""A worker is stopped in the middle of its steps, taken for dead, and wakes up again."""

from __future__ import annotations

import json
import time
from signal import SIGCONT, SIGSTOP

import pytest

from tests.chaos import load
from tests.chaos.conftest import Tell
from tests.chaos.load import sized
from tests.chaos.world import Slot, World

pytestmark = pytest.mark.chaos

REFUSED = "Another worker took this step over"


@pytest.mark.promise("5 SIGSTOP past the lease, then SIGCONT")
def test_the_finish_of_a_worker_that_was_stopped_is_refused(world: World, tell: Tell) -> None:
    rounds, runs = sized(10, 1), 16
    lease = {"CHAOS_ENGINE": json.dumps({"LEASE_SECONDS": 8, "RENEW_SECONDS": 3})}
    world.start_agents("clerk", "messenger", "clerk", "messenger", **lease)
    nodes = {"local": ("chaos_count", {"seconds": 0.5}), "out": ("chaos_call", {"seconds": 1.5}), "end": "chaos_count"}
    workflow = load.published(nodes, "local out", "out end")
    world.wait_until(lambda: load.number("SELECT count(*) FROM agents_worker") == 4, 60, "four workers are up")
    taken_over = 0
    begun = time.monotonic()
    for _ in range(rounds):
        load.start_many(workflow, runs)
        world.wait_until(lambda: in_hand(world.slots[1]), 60, "the worker has steps in hand", every=0.1)
        for slot in world.slots[:2]:
            _signal(world, slot, SIGSTOP)
        held = in_hand(world.slots[0]) + in_hand(world.slots[1])
        world.wait_until(lambda: load.unfinished() == 0, 120, "the others have done the work", every=1)
        for slot in world.slots[:2]:
            _signal(world, slot, SIGCONT)
        taken_over += held
        world.wait_until(lambda: is_awake(world.slots[1]), 30, "the worker is back")
    world.wait_until(lambda: REFUSED in world.logs(), 30, "the late finish is refused")
    refused, came = world.logs().count(REFUSED), load.calls()
    tell(
        f"{rounds} times two of four workers stopped with {taken_over} steps in hand, until others had ended the runs",
        f"{refused} late finishes refused; {load.effects()} effects, {load.doubled_effects()} doubled;"
        f" {came[0] - came[1]} calls repeated under their key; {time.monotonic() - begun:.0f} s",
    )
    assert refused > 0
    assert (load.effects(), load.doubled_effects()) == (rounds * runs * 2, 0)


def _signal(world: World, slot: Slot, number: int) -> None:
    for process in world.processes(slot):
        process.send_signal(number)


def in_hand(slot: Slot) -> int:
    assert slot.process
    return load.number(
        "SELECT count(*) FROM workflows_step s JOIN agents_worker w ON w.id = s.worker_id"
        " WHERE s.state = 'RUNNING' AND s.wake_at IS NOT NULL AND w.pid = %s",
        [slot.process.pid],
    )


def is_awake(slot: Slot) -> bool:
    assert slot.process
    return bool(
        load.number(
            "SELECT count(*) FROM agents_worker WHERE pid = %s AND heartbeat_at > now() - interval '4 seconds'",
            [slot.process.pid],
        )
    )
