"""Strategies beside each other on one case, and beside what none can beat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from agents.planner.bounds import lower_bounds
from agents.planner.dispatch import Strategy, plan
from agents.planner.model import Case
from agents.planner.schedule import Schedule, quantile


@dataclass(frozen=True)
class Outcome:
    """Times in the units of the case."""

    strategy: str
    makespan: float
    bound: float
    distance: float  # of the makespan above its bound, as a share of the bound
    utilisation: float
    imbalance: float
    wait_p50: float
    wait_p95: float
    job_p95: float  # from the first moment that a job could begin to its end
    worst_key: float  # the mean wait of the key that waits longest

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(case: Case, strategies: Iterable[Strategy] = tuple(Strategy)) -> list[Outcome]:
    bound = lower_bounds(case).makespan
    return [_outcome(strategy, plan(case, strategy), bound) for strategy in strategies]


def _outcome(strategy: Strategy, schedule: Schedule, bound: float) -> Outcome:
    return Outcome(
        strategy=strategy.value,
        makespan=schedule.makespan,
        bound=bound,
        distance=max(schedule.makespan / bound - 1, 0.0) if bound else 0.0,
        utilisation=schedule.utilisation,
        imbalance=schedule.imbalance,
        wait_p50=schedule.wait_at(0.5),
        wait_p95=schedule.wait_at(0.95),
        job_p95=quantile(_turnarounds(schedule), 0.95),
        worst_key=_worst_key(schedule),
    )


def _turnarounds(schedule: Schedule) -> list[float]:
    begins: dict[str, float] = {}
    ends: dict[str, float] = {}
    for one in schedule.placements:
        job = one.task.job or one.task.id
        begins[job] = min(one.ready, begins.get(job, one.ready))
        ends[job] = max(one.end, ends.get(job, one.end))
    return [ends[job] - begins[job] for job in ends]


def _worst_key(schedule: Schedule) -> float:
    waits: dict[str, list[float]] = defaultdict(list)
    for one in schedule.placements:
        waits[one.task.key].append(one.wait)
    return max((sum(found) / len(found) for found in waits.values()), default=0.0)
