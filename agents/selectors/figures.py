"""How well the agents share the work: what is known of each hour, added up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents import tallies
from agents.models import Agent, HourFigures, NodeFigures, Simulation, SimulationState
from agents.planner.schedule import imbalance
from workflows.engine.clock import database_now

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Figures:
    """None stands for what nothing was counted of."""

    agent: str
    attempts: int
    busy_seconds: float
    places: int  # capacity of the workers
    success_rate: float | None
    speed_up: float | None
    parallel_efficiency: float | None
    utilisation: float | None
    load_balance: float | None
    decomposition_rate: float | None
    fault_recovery_rate: float | None
    wait_p50: float | None
    wait_p95: float | None
    latency_p99: float | None


@dataclass(frozen=True)
class Period:
    since: datetime
    until: datetime
    whole: Figures
    agents: Sequence[Figures]
    hourly: Sequence[Figures]


def read_period(hours: int = 24) -> Period:
    """The last hours, the one under way among them."""
    now = database_now()
    first = now.replace(minute=0, second=0, microsecond=0) - (hours - 1) * HOUR
    rows = list(HourFigures.objects.filter(hour__gte=first))
    known = set(Agent.objects.values_list("name", flat=True))
    by_agent: dict[str, list[HourFigures]] = defaultdict(list)
    by_hour: dict[datetime, list[HourFigures]] = defaultdict(list)
    for row in rows:
        by_hour[row.hour].append(row)
        if row.agent in known:
            by_agent[row.agent].append(row)
    return Period(
        since=first,
        until=now,
        whole=summarise("", rows, now),
        agents=[summarise(name, found, now) for name, found in sorted(by_agent.items())],
        hourly=[summarise("", by_hour[first + n * HOUR], now) for n in range(hours)],
    )


def summarise(agent: str, rows: Sequence[HourFigures], now: datetime) -> Figures:
    busy = sum(row.busy for row in rows)
    attempts, failed = sum(row.attempts for row in rows), sum(row.failed for row in rows)
    succeeded, recovered = sum(row.succeeded for row in rows), sum(row.recovered for row in rows)
    places = _places(rows)
    speed_up = _share(busy, _active(rows))
    return Figures(
        agent=agent,
        attempts=attempts,
        busy_seconds=busy,
        places=places,
        success_rate=_share(succeeded, succeeded + failed),
        speed_up=speed_up,
        parallel_efficiency=_most_one(_share(speed_up, places)),
        utilisation=_most_one(_share(busy, places * _seconds(rows, now))),
        load_balance=_imbalance(rows),
        decomposition_rate=_share(sum(row.parallel for row in rows), attempts),
        fault_recovery_rate=_most_one(_share(recovered, failed)),
        wait_p50=tallies.quantile(_added(row.waited for row in rows), 0.5),
        wait_p95=tallies.quantile(_added(row.waited for row in rows), 0.95),
        latency_p99=tallies.quantile(_added(row.took for row in rows), 0.99),
    )


def _share(part: float | None, whole: float) -> float | None:
    return part / whole if part is not None and whole else None


def _most_one(value: float | None) -> float | None:
    return None if value is None else min(value, 1.0)


def _added(counts: Iterable[Sequence[int]]) -> list[int]:
    total: list[int] = []
    for one in counts:
        total = tallies.add(total, one)
    return total


def _hours(rows: Iterable[HourFigures]) -> dict[datetime, list[HourFigures]]:
    found: dict[datetime, list[HourFigures]] = defaultdict(list)
    for row in rows:
        found[row.hour].append(row)
    return found


def _active(rows: Iterable[HourFigures]) -> float:
    """Seconds during which at least one attempt was under way."""
    spans = (tallies.union(span for row in found for span in row.spans) for found in _hours(rows).values())
    return sum(tallies.length(one) for one in spans) / 1000


def _places(rows: Iterable[HourFigures]) -> int:
    """The most places that were at work in one hour."""
    return max((sum(row.capacity for row in found) for found in _hours(rows).values()), default=0)


def _seconds(rows: Iterable[HourFigures], now: datetime) -> float:
    """From the first hour in which anything was done until now."""
    first = min((row.hour for row in rows), default=now)
    last = max((row.hour for row in rows), default=now)
    return max((min(last + HOUR, now) - first).total_seconds(), 0.0)


def _imbalance(rows: Sequence[HourFigures]) -> float | None:
    """L of each hour over its workers, each by its capacity; the hours by the work in them."""
    weighted, busy = 0.0, 0.0
    for found in _hours(rows).values():
        work = sum(row.busy for row in found)
        weighted += work * imbalance([row.busy / row.capacity for row in found])
        busy += work
    return _share(weighted, busy)


def seconds_of_nodes(workflow_id: int) -> dict[str, float]:
    """How long the nodes of a workflow took on average."""
    return dict(NodeFigures.objects.filter(workflow_id=workflow_id).values_list("node", "mean"))


def latest_simulation() -> Simulation | None:
    """The one to show: what was asked for last, be it under way or at its end."""
    return Simulation.objects.select_related("asked_by").first()


def latest_result() -> Simulation | None:
    return Simulation.objects.filter(state=SimulationState.DONE).first()
