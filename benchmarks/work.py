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


class Times(NamedTuple):
    """Seconds, medians of three, after a first round that is not counted."""

    chain: float  # one run of STEPS light steps, beginning to end
    at_once: float  # AT_ONCE such runs, started together
    fan_out: float  # ITEMS items, and what joins them


def measure(chain: Callable[[], object], at_once: Callable[[], object], fan_out: Callable[[], object]) -> Times:
    return Times(
        chain=median_of(lambda: [chain() for _ in range(ROUNDS)]) / ROUNDS,
        at_once=median_of(at_once),
        fan_out=median_of(fan_out),
    )


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
