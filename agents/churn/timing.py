"""Times the scoring of one model on the machine it runs on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from statistics import median

from agents.churn.score import Scorer
from agents.churn.table import Row

MANY = 100_000
FEW = 5_000


def time_scoring(scorer: Scorer, rows: Sequence[Row]) -> dict[str, float]:
    """Return microseconds for one customer, in the median, and seconds for 100,000 with reasons."""
    scorer.score_one(rows[0])  # makes the tables of reasons
    few, many = list(islice(cycle(rows), FEW)), list(islice(cycle(rows), MANY))
    start = time.perf_counter()
    scorer.score_many(many)
    return {
        "seconds_for_100000_with_reasons": round(time.perf_counter() - start, 2),
        "microseconds_probability": microseconds(scorer.probability, few),
        "microseconds_with_reasons": microseconds(scorer.score_one, few),
    }


def microseconds(score: Callable[[Row], object], rows: Sequence[Row]) -> float:
    """Return the median time of one call."""
    taken = []
    for row in rows:
        start = time.perf_counter_ns()
        score(row)
        taken.append(time.perf_counter_ns() - start)
    return round(median(taken) / 1000, 1)
