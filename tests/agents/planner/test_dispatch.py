"""What every schedule of every strategy keeps, and what sets the strategies apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from agents.planner.bounds import lower_bounds
from agents.planner.dispatch import Strategy, plan
from agents.planner.model import Case, Node, PlanError, Task
from agents.planner.schedule import EPSILON, Placement, Schedule, faults
from tests.agents.planner.cases import drawn_cases

ONE = [Node("n", 1)]


def starts(schedule: Schedule) -> list[str]:
    return [one.task.id for one in sorted(schedule.placements, key=lambda one: one.start)]


@given(drawn_cases())
@settings(max_examples=150, deadline=None)
def test_every_schedule_can_be_carried_out_and_none_beats_the_bounds(case: Case) -> None:
    bounds = lower_bounds(case)
    for strategy in Strategy:
        schedule = plan(case, strategy)
        assert faults(case, schedule) == []
        assert schedule.makespan >= bounds.makespan - EPSILON
        assert schedule.cost >= bounds.cost - EPSILON
        assert 0 <= schedule.imbalance < 1
        assert schedule.utilisation <= 1 + EPSILON


def test_a_schedule_that_breaks_a_rule_is_told_so() -> None:
    case = Case([Task("a", 2), Task("b", 2, depends_on=("a",)), Task("c", 1)], ONE)
    a, b, _ = case.tasks
    wrong = Schedule([Placement(a, "n", 0, 0), Placement(b, "n", 1, 1)], case.nodes)
    assert faults(case, wrong) == [
        "c is lost", "b starts before a has ended", "n holds 2 units of 1 at 1",
    ]  # fmt: skip


def test_load_goes_by_arrival_to_the_node_with_the_least_load() -> None:
    case = Case([Task("a", 4, priority=0), Task("b", 1, priority=9), Task("c", 1)], [Node("x", 2), Node("y", 2)])
    schedule = plan(case, Strategy.LOAD)
    assert [(one.task.id, one.node) for one in schedule.placements] == [("a", "x"), ("b", "y"), ("c", "x")]


def test_priority_goes_first_and_then_age() -> None:
    case = Case([Task("first", 3), Task("old", 1), Task("young", 1, release=1), Task("urgent", 1, 1, (), 5, 2)], ONE)
    assert starts(plan(case, Strategy.PRIORITY)) == ["first", "urgent", "old", "young"]


def test_prediction_begins_what_most_remains_after() -> None:
    tasks = [Task("short", 1), Task("head", 1), Task("tail", 5, depends_on=("head",))]
    case = Case(tasks, [*ONE, Node("m", 1)][:2])
    by_age, by_rank = plan(Case(tasks, ONE), Strategy.PRIORITY), plan(Case(tasks, ONE), Strategy.PREDICTIVE)
    assert starts(by_age) == ["short", "head", "tail"]
    assert starts(by_rank) == ["head", "tail", "short"]
    assert plan(case, Strategy.PREDICTIVE).makespan == 6


def test_strategies_know_the_prediction_and_not_the_truth() -> None:
    case = Case([Task("a", 9, predicted=1), Task("b", 1, predicted=5)], ONE)
    assert starts(plan(case, Strategy.PREDICTIVE)) == ["b", "a"]


def test_a_key_with_many_tasks_does_not_make_another_wait_for_all_of_them() -> None:
    many = [Task(f"many-{number}", 1, key="many") for number in range(100)]
    few = [Task(f"few-{number}", 1, key="few") for number in range(3)]
    for strategy in (Strategy.PRIORITY, Strategy.PREDICTIVE):
        schedule = plan(Case(many + few, ONE), strategy)
        assert max(one.start for one in schedule.placements if one.task.key == "few") <= 7
    unfair = plan(Case(many + few, ONE), Strategy.LOAD)
    assert min(one.start for one in unfair.placements if one.task.key == "few") == 100


@given(drawn_cases(most=20))
@settings(max_examples=60, deadline=None)
def test_keys_that_wait_all_the_time_are_served_alike(drawn: Case) -> None:
    tasks = [Task(one.id, one.duration or 1.0, 1, key=one.key) for one in drawn.tasks]
    schedule = plan(Case(tasks, ONE), Strategy.PREDICTIVE)
    longest = max(task.duration for task in tasks)
    attained: dict[str, float] = {}
    for one in sorted(schedule.placements, key=lambda one: one.start):
        waiting = {other.task.key for other in schedule.placements if other.start >= one.start}
        rivals = [attained.get(key, 0.0) for key in waiting]
        assert attained.get(one.task.key, 0.0) <= min(rivals) + longest + EPSILON
        attained[one.task.key] = attained.get(one.task.key, 0.0) + one.task.work


def test_a_key_that_comes_back_has_no_credit_from_its_pause() -> None:
    busy = [Task(f"busy-{number}", 1, key="busy") for number in range(40)]
    late = [Task(f"late-{number}", 1, key="late", release=20) for number in range(10)]
    order = starts(plan(Case(busy + late, ONE), Strategy.PRIORITY))[20:40]
    assert sum(one.startswith("busy") for one in order) >= 9


def test_a_task_of_many_units_is_not_passed_over_for_ever() -> None:
    small = [Task(f"s{number}", 2, release=float(number)) for number in range(50)]
    case = Case([*small, Task("big", 1, units=2, release=0.5)], [Node("n", 2)])
    for strategy in Strategy:
        big = next(one for one in plan(case, strategy).placements if one.task.id == "big")
        assert big.start <= 3, strategy


def test_tasks_stay_in_their_pool() -> None:
    case = Case([Task("a", 1, pool="x"), Task("b", 1, pool="y")], [Node("n", 1, "x"), Node("m", 1, "y")])
    assert {one.task.id: one.node for one in plan(case, Strategy.LOAD).placements} == {"a": "n", "b": "m"}


@pytest.mark.parametrize(
    ("tasks", "code"),
    [
        ([Task("a", 1, depends_on=("b",)), Task("b", 1, depends_on=("a",))], "circle"),
        ([Task("a", 1, depends_on=("b",))], "unknown_task"),
        ([Task("a", 1), Task("a", 2)], "task_twice"),
        ([Task("a", 1, units=2)], "too_big"),
        ([Task("a", 1, pool="x")], "too_big"),
        ([Task("a", float("nan"))], "number"),
        ([Task("a", 1, release=-1)], "number"),
        ([Task("a", 1, units=0)], "units"),
    ],
)
def test_a_case_that_cannot_be_planned_says_why(tasks: list[Task], code: str) -> None:
    with pytest.raises(PlanError) as raised:
        Case(tasks, ONE)
    assert raised.value.code == code
