"""Celery alone: a chain of tasks and a chord, with a worker of two processes. Arguments: broker URL."""

from __future__ import annotations

import os
import subprocess
import sys

from celery import Celery, chain, chord

from benchmarks.work import AT_ONCE, ITEMS, STEPS, Times, chain_seconds, median_of, tell

app = Celery("celery_peer", broker=os.environ["PEER_BROKER"], backend=os.environ["PEER_BROKER"])
app.conf.update(worker_prefetch_multiplier=4, result_expires=600)


@app.task(name="light")
def light(value: int) -> int:
    return value + 1


@app.task(name="total")
def total(values: list[int]) -> int:
    return sum(values)


def chain_of_steps() -> chain:
    return chain(light.s(0), *(light.s() for _ in range(STEPS - 1)))


def run_chain() -> None:
    assert chain_of_steps().apply_async().get(interval=0.005) == STEPS


def run_at_once() -> None:
    results = [chain_of_steps().apply_async() for _ in range(AT_ONCE)]
    assert all(result.get(interval=0.005) == STEPS for result in results)


def run_fan_out() -> None:
    assert chord((light.s(item) for item in range(ITEMS)), total.s()).apply_async().get(interval=0.005)


def main() -> None:
    command = [sys.executable, "-m", "celery", "--app", "benchmarks.peers.celery_peer", "--quiet", "worker"]
    worker = subprocess.Popen([*command, "--concurrency", "2", "--loglevel", "ERROR"], stdout=subprocess.DEVNULL)
    try:
        tell(Times(chain_seconds(run_chain), median_of(run_at_once), median_of(run_fan_out)))
    finally:
        worker.terminate()
        worker.wait()


if __name__ == "__main__":
    main()
