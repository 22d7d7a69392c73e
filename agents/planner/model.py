"""The planning model: tasks that need units of a node for a time, after others; and nodes with a capacity in units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter


class PlanError(ValueError):
    """A case that can't be planned; says why and what to change."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Task:
    id: str
    duration: float
    units: int = 1
    depends_on: tuple[str, ...] = ()
    priority: int = 0
    release: float = 0.0  # not before
    key: str = ""  # whose it is: keys share the nodes fairly
    pool: str = ""  # runs on nodes of this pool only
    job: str = ""  # what it is a part of
    predicted: float | None = None  # what strategies may know; the duration where nothing else is given

    @property
    def expected(self) -> float:
        return self.duration if self.predicted is None else self.predicted

    @property
    def work(self) -> float:
        return self.units * self.duration


@dataclass(frozen=True)
class Node:
    name: str
    capacity: int
    pool: str = ""


@dataclass(frozen=True)
class Case:
    tasks: Sequence[Task]
    nodes: Sequence[Node]

    def __post_init__(self) -> None:
        _check_nodes(self.nodes)
        for task in self.tasks:
            _check_task(task, self)
        if len(self.by_id) != len(self.tasks):
            raise PlanError("task_twice", "Two tasks have the same id. Give each its own.")
        _ = self.order

    @cached_property
    def by_id(self) -> Mapping[str, Task]:
        return {task.id: task for task in self.tasks}

    @cached_property
    def largest(self) -> Mapping[str, int]:
        """The capacity of the largest node of each pool."""
        found: dict[str, int] = {}
        for node in self.nodes:
            found[node.pool] = max(node.capacity, found.get(node.pool, 0))
        return found

    @cached_property
    def order(self) -> Sequence[Task]:
        """Tasks after those that they depend on."""
        try:
            ids = TopologicalSorter({task.id: task.depends_on for task in self.tasks}).static_order()
            return [self.by_id[one] for one in ids]
        except CycleError as error:
            circle = " → ".join(reversed(error.args[1]))
            raise PlanError("circle", f"These tasks wait for each other: {circle}. Take one dependency away.") from None

    @cached_property
    def followers(self) -> Mapping[str, Sequence[Task]]:
        found: dict[str, list[Task]] = {task.id: [] for task in self.tasks}
        for task in self.tasks:
            for other in task.depends_on:
                found[other].append(task)
        return found

    def nodes_of(self, pool: str) -> Iterator[Node]:
        return (node for node in self.nodes if node.pool == pool)


def _check_nodes(nodes: Sequence[Node]) -> None:
    if len({node.name for node in nodes}) != len(nodes):
        raise PlanError("node_twice", "Two nodes have the same name. Give each its own.")
    for node in nodes:
        if node.capacity < 1:
            raise PlanError("capacity", f"Node {node.name} needs a capacity of at least 1.")


def _check_task(task: Task, case: Case) -> None:
    for value, name in ((task.duration, "duration"), (task.release, "release"), (task.expected, "predicted")):
        if not math.isfinite(value) or value < 0:
            raise PlanError("number", f"The {name} of task {task.id} must be a number that is not negative.")
    if task.units < 1:
        raise PlanError("units", f"Task {task.id} must need at least 1 unit.")
    if task.units > case.largest.get(task.pool, 0):
        raise PlanError("too_big", f"Task {task.id} needs {task.units} units, and no node that it may use has as many.")
    for other in task.depends_on:
        if other not in case.by_id:
            raise PlanError("unknown_task", f"Task {task.id} depends on {other}, which is not there.")


def ranks(case: Case) -> dict[str, float]:
    """The predicted remaining critical path: expected time from the start of a task to the end of the last after it."""
    found: dict[str, float] = {}
    for task in reversed(case.order):
        found[task.id] = task.expected + max((found[next_.id] for next_ in case.followers[task.id]), default=0.0)
    return found


def heads(case: Case) -> dict[str, float]:
    """The earliest possible start of each task, were there no limits of capacity."""
    found: dict[str, float] = {}
    for task in case.order:
        ends = (found[one] + case.by_id[one].duration for one in task.depends_on)
        found[task.id] = max(task.release, max(ends, default=0.0))
    return found


def tails(case: Case) -> dict[str, float]:
    """What must follow the end of each task at least."""
    found: dict[str, float] = {}
    for task in reversed(case.order):
        found[task.id] = max((next_.duration + found[next_.id] for next_ in case.followers[task.id]), default=0.0)
    return found
