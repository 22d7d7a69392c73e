"""The work that every engine is given, and how its times are told."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

STEPS = 40
ROUNDS = 20  # runs one after the other
AT_ONCE = 25
ITEMS = 1_000
CALLS = 10  # HTTP requests in a row
CALLING_AT_ONCE = 10  # such runs
CALLS_FANNED_OUT = 200


class Times(NamedTuple):
    """Seconds, medians of three, after a first round that is not counted; nan where an engine has no such thing."""

    chain: float = float("nan")  # one run of STEPS light steps, beginning to end
    at_once: float = float("nan")  # AT_ONCE such runs, started together
    fan_out: float = float("nan")  # ITEMS items, and what joins them
    calls: float = float("nan")  # CALLING_AT_ONCE runs of CALLS requests in a row
    calls_out: float = float("nan")  # CALLS_FANNED_OUT requests, in any order


def chain_seconds(chain: Callable[[], object]) -> float:
    return median_of(lambda: [chain() for _ in range(ROUNDS)]) / ROUNDS


def median_of(act: Callable[[], object], rounds: int = 3) -> float:
    act()
    seconds = []
    for _ in range(rounds):
        begun = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def tell(times: Times) -> None:
    """How a peer's process hands its times to the benchmark."""
    json.dump(times, sys.stdout)
