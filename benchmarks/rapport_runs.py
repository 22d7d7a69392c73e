"""Rapport itself: real agents, real Postgres with fsync on, real Valkey."""

from __future__ import annotations

import time
from typing import Any

from benchmarks import documents
from benchmarks.installation import agents, manager, published
from benchmarks.work import (
    AT_ONCE,
    CALLING_AT_ONCE,
    CALLS,
    CALLS_FANNED_OUT,
    ITEMS,
    Times,
    chain_seconds,
    median_of,
)

POLL_SECONDS = 0.002
WAIT_SECONDS = 30.0


def start(workflow: Any, given: Any = None, wait: float | None = None) -> Any:
    from workflows.services.runs import start_run

    return start_run(actor=manager(), workflow=workflow, input=given, wait=wait)


def finish(*runs: Any) -> None:
    from workflows.models import Run
    from workflows.states import RunState

    open_ids = {run.pk for run in runs}
    while open_ids:
        ended = Run.objects.filter(pk__in=open_ids).exclude(state=RunState.RUNNING).values_list("pk", "state")
        for run_id, state in ended:
            assert state == RunState.SUCCEEDED, state
            open_ids.discard(run_id)
        if open_ids:
            time.sleep(POLL_SECONDS)


def measure_in_process() -> Times:
    """The caller waits for the end and carries the run itself, as a DBOS workflow runs in its caller's process."""
    chain = published(documents.light_chain())

    def run() -> None:
        assert start(chain, wait=WAIT_SECONDS).state == "SUCCEEDED"

    def some() -> None:
        for _ in range(AT_ONCE):
            run()

    return Times(chain=chain_seconds(run), at_once=median_of(some))


def measure_with_agents(port: int) -> Times:
    """The run is started here and carried out by agents, as a Celery chain is by its workers."""
    address = f"http://127.0.0.1:{port}/"
    chain, fan_out = published(documents.light_chain()), published(documents.fan_out())
    calls, calls_out = published(documents.calls_in_a_row(address, CALLS)), published(documents.calls_for_each(address))
    items, numbers = {"items": list(range(ITEMS))}, {"items": list(range(CALLS_FANNED_OUT))}
    with agents("clerk"):
        light = Times(
            chain=chain_seconds(lambda: finish(start(chain))),
            at_once=median_of(lambda: finish(*[start(chain) for _ in range(AT_ONCE)])),
            fan_out=median_of(lambda: finish(start(fan_out, items))),
        )
    with agents("clerk", "messenger"):
        return light._replace(
            calls=median_of(lambda: finish(*[start(calls) for _ in range(CALLING_AT_ONCE)])),
            calls_out=median_of(lambda: finish(start(calls_out, numbers))),
        )
