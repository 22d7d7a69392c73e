"""The best schedule of a small case, by branch and bound over tasks in the order of their starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Literal

from agents.planner.bounds import lower_bounds
from agents.planner.dispatch import Strategy, plan
from agents.planner.model import Case, Node, Task, heads, tails
from agents.planner.schedule import EPSILON, Placement, Schedule

Objective = Literal["makespan", "cost"]
AT_MOST = 24  # tasks: beyond, the search would only use up its time


@dataclass(frozen=True)
class Solution:
    schedule: Schedule
    proven: bool  # that nothing is better
    seen: int  # partial schedules looked at


def solve(case: Case, objective: Objective = "makespan", seconds: float = 5.0) -> Solution:
    """Never worse than the strategies: the search starts from the best of them."""
    best = min((plan(case, strategy) for strategy in Strategy), key=lambda one: _value(one, objective))
    bounds = lower_bounds(case)
    bound = bounds.makespan if objective == "makespan" else bounds.cost
    if _value(best, objective) <= bound + EPSILON:
        return Solution(best, True, 0)
    if len(case.tasks) > AT_MOST:
        return Solution(best, False, 0)
    search = _Search(case, objective, best, bound, seconds)
    search.extend()
    return Solution(search.best, not search.out_of_time, search.seen)


def _value(schedule: Schedule, objective: Objective) -> float:
    return schedule.makespan if objective == "makespan" else schedule.cost


class _Search:
    """Depth first. Some best schedule starts each task as early as those that start before it allow.

    So it's enough to place tasks in the order of their starts, each as early as it fits.
    """

    def __init__(self, case: Case, objective: Objective, best: Schedule, bound: float, seconds: float) -> None:
        self.case = case
        self.objective = objective
        self.best = best
        self.best_value = _value(best, objective)
        self.bound = bound
        self.heads, self.tails = heads(case), tails(case)
        self.index = {task.id: number for number, task in enumerate(case.tasks)}
        self.placed: dict[str, Placement] = {}
        self.last: Placement | None = None
        self.until = monotonic() + seconds
        self.out_of_time = False
        self.seen = 0

    def extend(self) -> None:
        self.seen += 1
        if self.seen % 256 == 0 and monotonic() > self.until:
            self.out_of_time = True
        if self.out_of_time or self.best_value <= self.bound + EPSILON:
            return
        if len(self.placed) == len(self.case.tasks):
            self.best = Schedule(list(self.placed.values()), self.case.nodes)
            self.best_value = _value(self.best, self.objective)
            return
        for placement in sorted(self._choices(), key=self._promise):
            last = self.last
            self.placed[placement.task.id], self.last = placement, placement
            if self._least() < self.best_value - EPSILON:
                self.extend()
            del self.placed[placement.task.id]
            self.last = last

    def _promise(self, placement: Placement) -> tuple[float, float]:
        return placement.start, -(placement.task.duration + self.tails[placement.task.id])

    def _choices(self) -> Iterator[Placement]:
        """The next task, on each node that differs from the others, as early as it fits there."""
        for task in self.case.tasks:
            if task.id in self.placed or any(one not in self.placed for one in task.depends_on):
                continue
            ready = max([task.release, *(self.placed[one].end for one in task.depends_on)])
            seen = set()
            for node in self.case.nodes_of(task.pool):
                likeness = (node.capacity, tuple(sorted(self._open(node))))
                if node.capacity >= task.units and likeness not in seen:
                    seen.add(likeness)
                    placement = Placement(task, node.name, self._fits_at(task, node, ready), ready)
                    if self._is_next(placement):
                        yield placement

    def _is_next(self, placement: Placement) -> bool:
        """Starts must not go back; of those that start together, each set is looked at in one order only."""
        last = self.last
        if last is None or placement.start > last.start:
            return True
        if placement.start < last.start:
            return False
        return self.index[placement.task.id] > self.index[last.task.id] or last.task.id in placement.task.depends_on

    def _open(self, node: Node) -> Iterator[tuple[float, int]]:
        """What runs on a node at the last start or after: nothing is placed before it any more."""
        now = self.last.start if self.last else 0.0
        return ((one.end, one.task.units) for one in self.placed.values() if one.node == node.name and one.end > now)

    def _fits_at(self, task: Task, node: Node, ready: float) -> float:
        at = max(ready, self.last.start if self.last else 0.0)
        running = sorted((end, units) for end, units in self._open(node) if end > at)
        free = node.capacity - sum(units for _, units in running)
        for end, units in running:
            if free >= task.units:
                break
            at, free = end, free + units
        return at

    def _least(self) -> float:
        """What a completion of the partial schedule can't beat."""
        now = self.last.start if self.last else 0.0
        starts: dict[str, float] = {}
        for task in self.case.order:
            if task.id in self.placed:
                starts[task.id] = self.placed[task.id].start
            else:
                ends = (starts[one] + self.case.by_id[one].duration for one in task.depends_on)
                starts[task.id] = max(now, self.heads[task.id], max(ends, default=0.0))
        if self.objective == "makespan":
            left = sum(task.work for task in self.case.tasks if task.id not in self.placed)
            left += sum(one.task.units * (one.end - now) for one in self.placed.values() if one.end > now)
            spread = now + left / sum(node.capacity for node in self.case.nodes)
            return max(spread, *(starts[task.id] + task.duration + self.tails[task.id] for task in self.case.tasks))
        return sum(task.units * (starts[task.id] + task.duration) for task in self.case.tasks)
