"""A schedule: where and when each task runs; what it is worth; and whether it keeps the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.planner.model import Case, Node, Task

EPSILON = 1e-9


@dataclass(frozen=True)
class Placement:
    task: Task
    node: str
    start: float
    ready: float  # when its dependencies had ended and it had been released

    @property
    def end(self) -> float:
        return self.start + self.task.duration

    @property
    def wait(self) -> float:
        return self.start - self.ready


@dataclass(frozen=True)
class Schedule:
    placements: Sequence[Placement]
    nodes: Sequence[Node]

    @property
    def makespan(self) -> float:
        return max((one.end for one in self.placements), default=0.0)

    @property
    def cost(self) -> float:
        """Σ R·t: units that a task needs, times the moment when it ends."""
        return sum(one.task.units * one.end for one in self.placements)

    @property
    def utilisation(self) -> float:
        """Work done over the capacity held from the first start to the end."""
        begin = min((one.start for one in self.placements), default=0.0)
        held = sum(node.capacity for node in self.nodes) * (self.makespan - begin)
        return sum(one.task.work for one in self.placements) / held if held else 0.0

    @property
    def loads(self) -> Mapping[str, float]:
        """Busy time of each node, in units of its capacity."""
        busy: dict[str, float] = defaultdict(float)
        for one in self.placements:
            busy[one.node] += one.task.work
        return {node.name: busy[node.name] / node.capacity for node in self.nodes}

    @property
    def imbalance(self) -> float:
        """L = (max - avg) / max over the nodes: 0 is level."""
        return imbalance(list(self.loads.values()))

    def wait_at(self, share: float) -> float:
        """The wait that this share of the tasks does not exceed."""
        return quantile([one.wait for one in self.placements], share)


def imbalance(loads: Sequence[float]) -> float:
    most = max(loads, default=0.0)
    return (most - sum(loads) / len(loads)) / most if most else 0.0


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def faults(case: Case, schedule: Schedule) -> list[str]:
    """The rules that a schedule breaks, in words; none for one that can be carried out."""
    found = []
    placed = {one.task.id: one for one in schedule.placements}
    if len(placed) != len(schedule.placements):
        found.append("a task is placed twice")
    found += [f"{task.id} is lost" for task in case.tasks if task.id not in placed]
    for one in schedule.placements:
        if one.start < one.task.release - EPSILON:
            found.append(f"{one.task.id} starts before its release")
        found += [
            f"{one.task.id} starts before {other} has ended"
            for other in one.task.depends_on
            if other in placed and one.start < placed[other].end - EPSILON
        ]
    for node in case.nodes:
        found += _overfull(node, [one for one in schedule.placements if one.node == node.name])
    return found


def _overfull(node: Node, placements: Sequence[Placement]) -> list[str]:
    found = [f"{one.task.id} is not of the pool of {node.name}" for one in placements if one.task.pool != node.pool]
    # At the same moment ends come before starts.
    changes = [(one.end, -one.task.units) for one in placements if one.task.duration > 0]
    changes += [(one.start + EPSILON, one.task.units) for one in placements if one.task.duration > 0]
    held = 0
    for at, units in sorted(changes):
        held += units
        if held > node.capacity:
            found.append(f"{node.name} holds {held} units of {node.capacity} at {at:g}")
    return found
