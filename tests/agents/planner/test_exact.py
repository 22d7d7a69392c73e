"""The exact solver: never worse than the strategies, never below the bound, and right where all can be tried."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings

from agents.planner.bounds import lower_bounds
from agents.planner.cases import mission
from agents.planner.dispatch import Strategy, plan
from agents.planner.draw import gantt, table
from agents.planner.exact import solve
from agents.planner.model import Case, Node, Task
from agents.planner.schedule import EPSILON, Placement, Schedule, faults, quantile
from tests.agents.planner.cases import drawn_cases


@given(drawn_cases(most=7))
@settings(max_examples=80, deadline=None)
def test_it_is_never_worse_than_a_strategy_and_never_below_the_bound(case: Case) -> None:
    bounds, plans = lower_bounds(case), [plan(case, strategy) for strategy in Strategy]
    shortest, cheapest = solve(case, "makespan"), solve(case, "cost")
    assert faults(case, shortest.schedule) == faults(case, cheapest.schedule) == []
    assert bounds.makespan - EPSILON <= shortest.schedule.makespan <= min(one.makespan for one in plans) + EPSILON
    assert bounds.cost - EPSILON <= cheapest.schedule.cost <= min(one.cost for one in plans) + EPSILON


def best_of_all(case: Case) -> tuple[float, float]:
    """Tries every start at a whole number and every node."""
    end = int(sum(task.duration for task in case.tasks) + max(task.release for task in case.tasks))
    places = list(product(range(end + 1), case.nodes))
    found = [
        schedule
        for chosen in product(places, repeat=len(case.tasks))
        if not faults(case, schedule := _schedule(case, chosen))
    ]
    return min(one.makespan for one in found), min(one.cost for one in found)


def _schedule(case: Case, chosen: tuple[tuple[int, Node], ...]) -> Schedule:
    pairs = zip(case.tasks, chosen, strict=True)
    return Schedule([Placement(task, node.name, float(at), 0.0) for task, (at, node) in pairs], case.nodes)


def test_it_finds_what_trying_everything_finds() -> None:
    cases = [
        Case([Task("a", 2, 2), Task("b", 1, 1), Task("c", 2, 2)], [Node("n", 2), Node("m", 3)]),
        Case([Task("a", 1, 2), Task("b", 2, 1), Task("c", 2, 1, ("a",))], [Node("n", 2)]),
        Case([Task("a", 1, 1, release=1), Task("b", 2, 2), Task("c", 1, 1, ("b",))], [Node("n", 2)]),
    ]
    for case in cases:
        shortest, cheapest = solve(case, "makespan"), solve(case, "cost")
        assert (shortest.schedule.makespan, cheapest.schedule.cost) == best_of_all(case)
        assert shortest.proven
        assert cheapest.proven


def test_it_beats_the_strategies_where_they_are_caught() -> None:
    # Whoever starts what came first has one node idle at the end.
    case = Case([Task(f"t{one}", length) for one, length in enumerate((2, 2, 2, 3, 3))], [Node("n", 1), Node("m", 1)])
    assert plan(case, Strategy.LOAD).makespan == 7
    solution = solve(case)
    assert (solution.schedule.makespan, solution.proven) == (6, True)


def test_out_of_time_it_says_that_nothing_is_proven() -> None:
    tasks = [Task(f"t{one}", 5 + one * 7 % 11, 1 + one % 3) for one in range(20)]
    solution = solve(Case(tasks, [Node("n", 4), Node("m", 3)]), "cost", seconds=0)
    assert not solution.proven
    assert faults(Case(tasks, solution.schedule.nodes), solution.schedule) == []


def test_the_given_case_is_solved_and_drawn() -> None:
    case = mission()
    for objective, value in (("makespan", 4), ("cost", 12)):
        solution = solve(case, objective)  # type: ignore[arg-type]
        assert solution.proven
        assert getattr(solution.schedule, objective) == value == getattr(lower_bounds(case), objective)
    by_task = {one.task.id: (one.start, one.end) for one in solution.schedule.placements}
    assert by_task == {"C": (0, 1), "A": (1, 3), "B": (1, 4)}
    assert "node-1" in gantt(solution.schedule)
    assert "C     node-1  1      0      1    0" in table(solution.schedule)


def test_how_long_c_takes_moves_everything_after_it() -> None:
    assert solve(mission(2.5)).schedule.makespan == 5.5


def test_a_quantile_is_a_value_that_occurs() -> None:
    assert [quantile([4.0, 1.0, 3.0, 2.0], share) for share in (0.0, 0.25, 0.5, 0.95, 1.0)] == [1, 1, 2, 4, 4]
    assert quantile([], 0.5) == 0
