"""Real history as a case to plan: every attempt a task, with what it had to wait for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from agents.models import Agent
from agents.planner.model import Case, Node, Task
from agents.worker import LOST_AFTER
from workflows.engine.clock import database_now
from workflows.graph.compile import TOP, CompiledGraph, CompiledNode
from workflows.models import Version

MOST = 20_000  # attempts: what a simulation can plan in seconds
UNNAMED = "unnamed"  # did the work in the process that asked
NO_WORK = ("sweeper",)  # writes attempts of workers that are gone


class Attempt(NamedTuple):
    run_id: UUID
    node: str
    item: int
    number: int
    agent: str
    started: datetime
    ended: datetime
    outcome: str
    version_id: int
    workflow: str
    priority: int
    created: datetime

    @property
    def id(self) -> str:
        return f"{self.run_id}/{self.node}/{self.item}/{self.number}"

    @property
    def step(self) -> tuple[str, int]:
        return self.node, self.item


@dataclass(frozen=True)
class Replay:
    case: Case
    runs: int
    begin: datetime
    cut: bool  # there was more than could be taken: the newest was


_ATTEMPTS = """
    SELECT a.run_id, a.node, a.item, a.attempt, a.agent, a.started_at, a.ended_at, a.outcome,
        r.version_id, w.key, r.priority, r.created_at
    FROM workflows_stepattempt a JOIN workflows_run r ON r.id = a.run_id
        JOIN workflows_workflow w ON w.id = r.workflow_id
    WHERE a.run_id >= workflows_first_id(clock_timestamp() - make_interval(days => %s)) AND a.agent <> ALL(%s)
    ORDER BY a.run_id DESC LIMIT %s
"""


def replay(days: int, load: float = 1.0, most: int = MOST) -> Replay | None:
    """The runs that began in the last days; with a load of N they arrive N times as fast. None if there were none."""
    with connection.cursor() as cursor:
        cursor.execute(_ATTEMPTS, [days, list(NO_WORK), most + 1])
        attempts = [Attempt(*row) for row in cursor.fetchall()]
    cut = len(attempts) > most
    if cut:
        last = attempts[-1].run_id
        attempts = [one for one in attempts if one.run_id != last] or attempts[:most]
    if not attempts:
        return None
    begin = min(one.created for one in attempts)
    tasks = list(_tasks(attempts, begin, load))
    pools = {task.pool for task in tasks}
    return Replay(Case(tasks, _nodes(pools)), len({one.run_id for one in attempts}), begin, cut)


def _nodes(pools: set[str]) -> list[Node]:
    """The workers that are alive now, each with the capacity of its agent; at least one for whoever has worked."""
    alive = Count("workers", filter=Q(workers__stopped_at=None, workers__heartbeat_at__gt=database_now() - LOST_AFTER))
    agents = {agent.name: (agent.capacity, found) for agent, found in _with(alive)}
    nodes = []
    for pool in sorted(pools):
        capacity, found = agents.get(pool, (1, 1))
        nodes += [Node(f"{pool}-{number}", capacity, pool) for number in range(1, max(found, 1) + 1)]
    return nodes


def _with(alive: Count) -> Iterator[tuple[Agent, int]]:
    return ((agent, agent.found) for agent in Agent.objects.annotate(found=alive))


def _tasks(attempts: Sequence[Attempt], begin: datetime, load: float) -> Iterator[Task]:
    graphs = _graphs({one.version_id for one in attempts})
    by_run: dict[UUID, list[Attempt]] = defaultdict(list)
    for one in attempts:
        by_run[one.run_id].append(one)
    known = _Means()
    found: list[tuple[Attempt, Task]] = []
    for run in by_run.values():
        found += _tasks_of_run(run, graphs[run[0].version_id], begin, load)
    for one, task in sorted(found, key=lambda pair: pair[0].started):
        # A strategy may know what came before, not what this one will take.
        yield _predicted(task, known.expect(one))
        known.learn(one, task.duration)


def _predicted(task: Task, expected: float | None) -> Task:
    return Task(**{**task.__dict__, "predicted": expected})


class _Means:
    """The mean duration of each node of each workflow so far."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], tuple[int, float]] = {}

    def expect(self, one: Attempt) -> float:
        return self.seen.get((one.workflow, one.node), (0, 0.0))[1]

    def learn(self, one: Attempt, duration: float) -> None:
        count, mean = self.seen.get((one.workflow, one.node), (0, 0.0))
        self.seen[one.workflow, one.node] = count + 1, mean + (duration - mean) / (count + 1)


def _graphs(versions: set[int]) -> dict[int, CompiledGraph]:
    rows = Version.objects.filter(pk__in=versions).values_list("pk", "compiled")
    return {pk: CompiledGraph.from_json(compiled) for pk, compiled in rows}


def _tasks_of_run(
    run: Sequence[Attempt], graph: CompiledGraph, begin: datetime, load: float
) -> Iterator[tuple[Attempt, Task]]:
    steps: dict[tuple[str, int], list[Attempt]] = defaultdict(list)
    for one in sorted(run, key=lambda one: one.number):
        steps[one.step].append(one)
    for tries in steps.values():
        for place, one in enumerate(tries):
            before = tries[place - 1] if place else None
            depends_on = _before(one, before, steps, graph)
            yield one, _task(one, before, depends_on, graph, begin, load)


def _task(
    one: Attempt,
    before: Attempt | None,
    depends_on: Sequence[Attempt],
    graph: CompiledGraph,
    begin: datetime,
    load: float,
) -> Task:
    # What came after a wait for a time, a person or the next try came when the world let it, in any schedule.
    waited = before is not None and before.outcome != "EXPANDED"
    is_entry = one.node in graph.entries.get(TOP, ())
    came = one.started if waited or not (depends_on or is_entry) else one.created
    return Task(
        id=one.id,
        duration=max((one.ended - one.started).total_seconds(), 0.0),
        depends_on=tuple(sorted({other.id for other in depends_on})),
        priority=one.priority,
        release=max((came - begin) / timedelta(seconds=1), 0.0) / load,
        key=one.workflow,
        pool=one.agent or UNNAMED,
        job=str(one.run_id),
    )


def _before(
    one: Attempt,
    before: Attempt | None,
    steps: Mapping[tuple[str, int], Sequence[Attempt]],
    graph: CompiledGraph,
) -> list[Attempt]:
    """The attempts that had to end before this one could begin."""
    if before is not None:
        ended = _ends_of_body(one.node, steps, graph) if before.outcome == "EXPANDED" else []
        return [before, *ended]
    node = graph.nodes.get(one.node)
    if node is None:
        return []
    found = [steps[source, one.item][-1] for source, _ in node.sources if (source, one.item) in steps]
    return found or _container(node, steps)


def _container(node: CompiledNode, steps: Mapping[tuple[str, int], Sequence[Attempt]]) -> list[Attempt]:
    """The first steps under a For each follow its first attempt, which cut the items."""
    tries = steps.get((node.scope, 0), ())
    return list(tries[:1])


def _ends_of_body(node: str, steps: Mapping[tuple[str, int], Sequence[Attempt]], graph: CompiledGraph) -> list[Attempt]:
    last = set(graph.sinks.get(node, ()))
    return [tries[-1] for (name, item), tries in steps.items() if name in last and item]
