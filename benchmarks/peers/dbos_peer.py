"""DBOS: a workflow of steps, and a queue for the fan-out. Has an environment of its own for its database driver."""

from __future__ import annotations

import os
import sys
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dbos import DBOS

from benchmarks.work import (
    AT_ONCE,
    CALLING_AT_ONCE,
    CALLS,
    CALLS_FANNED_OUT,
    ITEMS,
    STEPS,
    Times,
    chain_seconds,
    median_of,
    tell,
)

DBOS(
    config={
        "name": "peer",
        "system_database_url": os.environ["PEER_DATABASE"],
        "log_level": "ERROR",
        "max_executor_threads": 32,
    }
)
QUEUE = "fan"
ADDRESS = os.environ["PEER_ADDRESS"]


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


@DBOS.step()
def call(value: int) -> int:
    """The standard library's client, the quickest there is in Python."""
    body = b'{"n": %d}' % value
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"{DBOS.workflow_id}/{DBOS.step_id}"}
    request = urllib.request.Request(ADDRESS, body, headers)  # noqa: S310 - the benchmark's own server
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return len(answer.read())


@DBOS.workflow()
def calls_in_a_row() -> int:
    return sum(call(number) for number in range(CALLS))


@DBOS.workflow()
def one_call(value: int) -> int:
    return call(value)


@DBOS.workflow()
def calls_out() -> int:
    handles = [DBOS.start_workflow(one_call, item) for item in range(CALLS_FANNED_OUT)]
    return sum(handle.get_result() for handle in handles)


def run_at_once() -> None:
    handles = [DBOS.start_workflow(steps_in_a_row) for _ in range(AT_ONCE)]
    assert all(handle.get_result() == STEPS for handle in handles)


def run_calls() -> None:
    handles = [DBOS.start_workflow(calls_in_a_row) for _ in range(CALLING_AT_ONCE)]
    assert all(handle.get_result() for handle in handles)


if __name__ == "__main__":
    DBOS.launch()
    DBOS.register_queue(QUEUE, polling_interval_sec=0.05)
    tell(
        Times(
            chain_seconds(steps_in_a_row),
            median_of(run_at_once),
            median_of(fan_out),
            median_of(run_calls),
            median_of(calls_out),
        )
    )
    sys.stdout.flush()
    os._exit(0)
