"""DBOS: a workflow of steps, and a queue for the fan-out. Has an environment of its own for its database driver."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dbos import DBOS

from benchmarks.work import AT_ONCE, ITEMS, STEPS, measure, tell

DBOS(
    config={
        "name": "peer",
        "system_database_url": os.environ["PEER_DATABASE"],
        "log_level": "ERROR",
        "max_executor_threads": 32,
    }
)
QUEUE = "fan"


@DBOS.step()
def light(value: int) -> int:
    return value + 1


@DBOS.workflow()
def steps_in_a_row() -> int:
    value = 0
    for _ in range(STEPS):
        value = light(value)
    return value


@DBOS.workflow()
def one_item(value: int) -> int:
    return light(value)


@DBOS.workflow()
def fan_out() -> int:
    handles = [DBOS.enqueue_workflow(QUEUE, one_item, item) for item in range(ITEMS)]
    return sum(handle.get_result() for handle in handles)


def run_at_once() -> None:
    handles = [DBOS.start_workflow(steps_in_a_row) for _ in range(AT_ONCE)]
    assert all(handle.get_result() == STEPS for handle in handles)


if __name__ == "__main__":
    DBOS.launch()
    DBOS.register_queue(QUEUE, polling_interval_sec=0.05)
    tell(measure(steps_in_a_row, run_at_once, fan_out))
    sys.stdout.flush()
    os._exit(0)
