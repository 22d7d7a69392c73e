"""Lower bounds: what no schedule of a case can beat. Each drops a rule, so that what is left can be computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from agents.planner.model import Case, Node, Task, heads, tails


@dataclass(frozen=True)
class Bounds:
    critical_path: float  # without capacities
    work: float  # without dependencies but for what comes before the first and after the last
    classes: float  # the same for the tasks that are too big for the small nodes
    cost: float  # of Σ R·t

    @property
    def makespan(self) -> float:
        return max(self.critical_path, self.work, self.classes)


def lower_bounds(case: Case) -> Bounds:
    head, tail = heads(case), tails(case)
    parts = [part for pool in sorted({task.pool for task in case.tasks}) for part in _parts(case, pool, head, tail)]
    return Bounds(
        critical_path=max((head[task.id] + task.duration + tail[task.id] for task in case.tasks), default=0.0),
        work=max((part.work for part in parts), default=0.0),
        classes=max((part.classes for part in parts), default=0.0),
        cost=max(
            sum(task.units * (head[task.id] + task.duration) for task in case.tasks),
            sum(part.cost for part in parts if part.units == 1),
        ),
    )


@dataclass(frozen=True)
class _Part:
    units: int
    work: float = 0.0
    classes: float = 0.0
    cost: float = 0.0


def _parts(case: Case, pool: str, head: dict[str, float], tail: dict[str, float]) -> Iterator[_Part]:
    tasks = sorted((task for task in case.tasks if task.pool == pool), key=lambda task: -head[task.id])
    nodes = list(case.nodes_of(pool))
    whole = sum(node.capacity for node in nodes)
    yield _Part(1, work=_busy(tasks, head, tail, lambda task: task.work, whole), cost=_cost(tasks, whole))
    for units in sorted({task.units for task in tasks} - {1}):
        big = [task for task in tasks if task.units >= units]
        able = [node for node in nodes if node.capacity >= units]
        by_units = _busy(big, head, tail, lambda task: task.work, sum(node.capacity for node in able))
        # Of tasks of so many units a node holds only whole ones.
        by_places = _busy(big, head, tail, lambda task: task.duration, _places(able, units))
        yield _Part(units, classes=max(by_units, by_places))


def _places(nodes: Sequence[Node], units: int) -> int:
    return sum(node.capacity // units for node in nodes)


def _busy(
    tasks: Sequence[Task],
    head: dict[str, float],
    tail: dict[str, float],
    amount: Callable[[Task], float],
    capacity: int,
) -> float:
    """The best over all moments: what can't begin before it, spread over the whole capacity, and what follows it."""
    total, shortest, best = 0.0, float("inf"), 0.0
    for task in tasks:  # those that begin last first
        total, shortest = total + amount(task), min(shortest, tail[task.id])
        best = max(best, head[task.id] + total / capacity + shortest)
    return best


def _cost(tasks: Sequence[Task], capacity: int) -> float:
    """Eastman, Even and Isaacs' bound, each unit of a task taken as a task of its own of weight 1, shortest first."""
    ordered = sorted(tasks, key=lambda task: task.duration)
    served = accumulate(task.work for task in ordered)
    # Within a task of R units of duration d the unit tasks end at d, 2d … Rd after those before it.
    alone = sum(
        task.units * (end - task.work) + task.duration * task.units * (task.units + 1) / 2
        for task, end in zip(ordered, served, strict=True)
    )
    return alone / capacity + (capacity - 1) / (2 * capacity) * sum(task.work for task in tasks)
