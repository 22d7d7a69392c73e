"""List scheduling: whenever units are free, the first waiting task in the strategy's order that fits is started."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from agents.planner.fairness import Shares
from agents.planner.model import Case, Node, Task, ranks
from agents.planner.schedule import Placement, Schedule

Order = tuple[float, ...]


class Strategy(StrEnum):
    LOAD = "load"  # in order of arrival, to the node with the least load
    PRIORITY = "priority"  # by priority, then age; keys in turn
    PREDICTIVE = "predictive"  # by priority, then predicted remaining critical path and age; keys in turn


def plan(case: Case, strategy: Strategy) -> Schedule:
    return Schedule(list(_Simulation(case, strategy).run()), case.nodes)


@dataclass(frozen=True)
class _Line:
    """Tasks that differ in nothing but their order among each other wait in one line."""

    priority: int
    key: str
    units: int


@dataclass
class _Seat:
    """A node, with what runs on it by predicted end."""

    node: Node
    free: int
    running: dict[str, tuple[float, int]] = field(default_factory=dict)

    @property
    def load(self) -> float:
        return 1 - self.free / self.node.capacity

    def frees_at(self, units: int, now: float) -> float:
        """When so many units are predicted to be free."""
        free = self.free
        for end, released in sorted(self.running.values()):
            if free >= units:
                break
            free, now = free + released, max(now, end)
        return now


class _Pool:
    """The nodes that serve the same tasks, and the tasks that wait for them."""

    def __init__(self, nodes: Sequence[Node], strategy: Strategy) -> None:
        self.seats = [_Seat(node, node.capacity) for node in nodes]
        self.lines: dict[_Line, list[tuple[Order, Task, float]]] = defaultdict(list)
        self.shares = Shares() if strategy is not Strategy.LOAD else None

    def add(self, order: Order, task: Task, ready: float, priority: int) -> None:
        if self.shares:
            self.shares.enter(task.key)
        line = _Line(priority, task.key if self.shares else "", task.units)
        heapq.heappush(self.lines[line], (order, task, ready))

    def take(self, now: float) -> tuple[Task, _Seat, float] | None:
        """The next task that can start now. The first that fits nowhere yet keeps its place where it fits soonest."""
        if not any(seat.free for seat in self.seats):
            return None
        kept: tuple[_Seat, float] | None = None
        for line in self._in_order():
            _, task, ready = self.lines[line][0]
            if seat := self._seat_for(task, now, kept):
                heapq.heappop(self.lines[line])
                if not self.lines[line]:
                    del self.lines[line]
                self._start(task, seat, now)
                return task, seat, ready
            if kept is None:
                able = [seat for seat in self.seats if seat.node.capacity >= task.units]
                soonest = min(able, key=lambda seat: seat.frees_at(task.units, now))
                kept = soonest, soonest.frees_at(task.units, now)
        return None

    def _in_order(self) -> list[_Line]:
        def order(line: _Line) -> tuple[float, bool, Order]:
            return -line.priority, line.key in ahead, self.lines[line][0][0]

        ahead: set[str] = set()
        if self.shares and self.lines:
            first = max(line.priority for line in self.lines)
            rivals = [line for line in self.lines if line.priority == first]
            round_ = max(line.units * self.lines[line][0][1].expected for line in rivals)
            ahead = self.shares.ahead((line.key for line in rivals), round_)
        return sorted(self.lines, key=order)

    def _seat_for(self, task: Task, now: float, kept: tuple[_Seat, float] | None) -> _Seat | None:
        fits = [seat for seat in self.seats if seat.free >= task.units]
        if kept and now + task.expected > kept[1]:
            fits = [seat for seat in fits if seat is not kept[0]]
        return min(fits, key=lambda seat: seat.load, default=None)

    def _start(self, task: Task, seat: _Seat, now: float) -> None:
        seat.free -= task.units
        seat.running[task.id] = (now + task.expected, task.units)
        if self.shares:
            self.shares.serve(task.key, task.units * task.expected)

    def end(self, task: Task, seat: _Seat) -> None:
        seat.free += task.units
        del seat.running[task.id]
        if self.shares:
            self.shares.serve(task.key, task.units * (task.duration - task.expected))
            self.shares.leave(task.key)


class _Simulation:
    def __init__(self, case: Case, strategy: Strategy) -> None:
        self.case = case
        self.strategy = strategy
        self.ranks = ranks(case) if strategy is Strategy.PREDICTIVE else {}
        pools: dict[str, list[Node]] = defaultdict(list)
        for node in case.nodes:
            pools[node.pool].append(node)
        self.pools = {name: _Pool(nodes, strategy) for name, nodes in pools.items()}
        self.left = {task.id: len(set(task.depends_on)) for task in case.tasks}
        self.arrival = {task.id: number for number, task in enumerate(case.tasks)}
        self.number = count()
        # Ends (with a seat) and releases (without), by time.
        self.events: list[tuple[float, int, Task, _Seat | None]] = []

    def run(self) -> Iterator[Placement]:
        for task in self.case.tasks:
            if not self.left[task.id]:
                self._later(task.release, task, None)
        while self.events:
            now = self.events[0][0]
            touched = {self._happen() for _ in self._due(now)}
            for name in sorted(touched):
                while found := self.pools[name].take(now):
                    task, seat, ready = found
                    self._later(now + task.duration, task, seat)
                    yield Placement(task, seat.node.name, now, ready)

    def _later(self, at: float, task: Task, seat: _Seat | None) -> None:
        heapq.heappush(self.events, (at, next(self.number), task, seat))

    def _due(self, now: float) -> Iterator[None]:
        while self.events and self.events[0][0] <= now:
            yield

    def _happen(self) -> str:
        """One event; answers the pool in which something may be started now."""
        at, _, task, seat = heapq.heappop(self.events)
        if seat is None:
            self._wait(task, at)
        else:
            self.pools[task.pool].end(task, seat)
            for follower in self.case.followers[task.id]:
                self.left[follower.id] -= 1
                if not self.left[follower.id]:
                    self._later(max(at, follower.release), follower, None)
        return task.pool

    def _wait(self, task: Task, ready: float) -> None:
        age = (ready, float(self.arrival[task.id]))
        if self.strategy is Strategy.LOAD:
            self.pools[task.pool].add(age, task, ready, 0)
        elif self.strategy is Strategy.PRIORITY:
            self.pools[task.pool].add(age, task, ready, task.priority)
        else:
            # Each second of waiting counts as one of path, so that nothing short waits for ever.
            self.pools[task.pool].add((ready - self.ranks[task.id], *age), task, ready, task.priority)
