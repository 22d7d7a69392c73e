"""In which order agents take ready steps, whether messages come or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from agents import agenda, executor
from agents.agenda import Agenda
from agents.models import Agent
from agents.routing import profile_of
from agents.worker import STRANGER
from tests.agents.scheduling.conftest import Flood, Fresh, MakeAgent, Start, age, refs, state_of
from workflows.engine.line import MOST, Strategy, next_steps
from workflows.engine.refs import StepRef
from workflows.engine.wake import Wake
from workflows.models import Step

KINDS = ["test_mark"]


def test_load_takes_what_came_first(flood: Flood) -> None:
    first, second = flood("One", 2)
    Step.objects.filter(run_id=second.pk).update(priority=9, rank=99)
    age(first, 20)
    age(second, 10)
    assert next_steps(KINDS, Strategy.LOAD) == refs([first, second])


def test_priority_comes_before_age(flood: Flood) -> None:
    old, urgent, young = flood("One", 3)
    for run, seconds in ((old, 30), (urgent, 20), (young, 10)):
        age(run, seconds)
    Step.objects.filter(run_id=urgent.pk).update(priority=1)
    assert next_steps(KINDS, Strategy.PRIORITY) == refs([urgent, old, young])


def test_what_most_remains_after_comes_before_age(flood: Flood) -> None:
    old, long = flood("One", 2)
    age(old, 30)
    age(long, 10)
    assert next_steps(KINDS, Strategy.PREDICTIVE) == refs([old, long])
    Step.objects.filter(run_id=long.pk).update(rank=60)
    assert next_steps(KINDS, Strategy.PREDICTIVE) == refs([long, old])
    age(old, 90)  # who waits long enough overtakes any length
    assert next_steps(KINDS, Strategy.PREDICTIVE) == refs([old, long])


@pytest.mark.parametrize("strategy", [Strategy.PRIORITY, Strategy.PREDICTIVE])
def test_workflows_take_turns(flood: Flood, strategy: Strategy) -> None:
    many, few = flood("Many", 20), flood("Few", 2)
    for run in many:
        age(run, 100)
    line = next_steps(KINDS, strategy)
    assert {line.index(ref) for ref in refs(few)} <= {0, 1, 2, 3}
    assert refs(few)[0] not in next_steps(KINDS, Strategy.LOAD)[:20]


def test_what_a_workflow_has_in_hand_counts_as_its_turns(flood: Flood) -> None:
    many, few = flood("Many", 6), flood("Few", 2)
    for run in many:
        age(run, 100)
    Step.objects.filter(run_id__in=[run.pk for run in many[:3]]).update(state="RUNNING")
    assert next_steps(KINDS, Strategy.PRIORITY)[:2] == refs(few)


def test_only_kinds_that_are_served_are_in_line(flood: Flood) -> None:
    flood("One", 1)
    assert next_steps(["test_send"], Strategy.PREDICTIVE) == []


def test_a_message_makes_its_worker_take_the_first_in_line(flood: Flood, make_agent: MakeAgent, fresh: Fresh) -> None:
    worker = fresh(make_agent())
    first, urgent = flood("One", 2)
    Step.objects.filter(run_id=urgent.pk).update(priority=5)
    assert agenda.carry_out(refs([first])[0], worker)
    assert (state_of(first), state_of(urgent)) == ("READY", "SUCCEEDED")


def test_a_step_whose_message_was_lost_is_done_beside_what_a_message_names(
    flood: Flood, make_agent: MakeAgent, fresh: Fresh
) -> None:
    late, named, other = flood("One", 3)
    age(late, 1)
    age(named, 0.1)
    assert agenda.carry_out(refs([named])[0], fresh(make_agent()))
    assert [state_of(run) for run in (late, named, other)] == ["SUCCEEDED", "SUCCEEDED", "READY"]


def test_under_load_a_message_means_the_step_that_it_names(flood: Flood, make_agent: MakeAgent, fresh: Fresh) -> None:
    worker = fresh(make_agent("load"))
    first, urgent = flood("One", 2)
    Step.objects.filter(run_id=urgent.pk).update(priority=5)
    assert agenda.carry_out(refs([first])[0], worker)
    assert (state_of(first), state_of(urgent)) == ("SUCCEEDED", "READY")


def test_as_many_messages_as_steps_leave_none_behind(flood: Flood, make_agent: MakeAgent, fresh: Fresh) -> None:
    runs = [*flood("One", 5), *flood("Two", 5)]
    worker = fresh(make_agent())
    assert all(agenda.carry_out(ref, worker) for ref in reversed(refs(runs)))
    assert {state_of(run) for run in runs} == {"SUCCEEDED"}
    assert not agenda.carry_out(refs(runs)[0], worker)


heard: list[StepRef] = []


def hear_and_take_the_first(wakes: Sequence[Wake]) -> None:
    """Another worker, whom each message makes take the first in line."""
    heard.extend(ref for _, ref in wakes)
    executor.work(next_steps(["test_mark"], Strategy.LOAD)[0], STRANGER)


def test_a_message_that_was_spared_is_sent_after_all_when_another_took_the_step(started: Start, settings: Any) -> None:
    each = ("map", {"items": {"$expr": "[1, 2, 3]"}, "chunk_size": 1})
    run = started({"each": each, "a": {"type": "test_mark", "parent": "each"}})
    heard.clear()
    settings.STEP_DISPATCHER = f"{__name__}.hear_and_take_the_first"
    executor.work(StepRef(run.pk, "each"), STRANGER)
    assert heard == [StepRef(run.pk, "a", number) for number in (2, 3, 1)]


def test_what_came_after_the_line_was_asked_for_is_not_left_behind(
    flood: Flood, make_agent: MakeAgent, fresh: Fresh
) -> None:
    worker = fresh(make_agent())
    before = flood("Before", 1)
    assert agenda.carry_out(refs(before)[0], worker)
    later = flood("Later", 3)
    Step.objects.filter(run_id=later[2].pk).update(priority=7)
    for ref in refs(later):
        agenda.carry_out(ref, worker)
    assert {state_of(run) for run in later} == {"SUCCEEDED"}


def test_two_workers_of_the_same_line_never_take_the_same(flood: Flood, make_agent: MakeAgent, fresh: Fresh) -> None:
    runs = flood("One", 6)
    one, other = fresh(make_agent()), fresh(Agent.objects.get())
    stale = Agenda()
    profile = profile_of(Agent.objects.get())
    first = stale.take(profile)
    assert first is not None
    assert agenda.carry_out(first, one)
    taken = [executor.work(ref, other) for ref in [first, *iter(lambda: stale.take(profile), None)]]
    assert taken.count(True) == len(runs) - 1


def test_of_a_line_longer_than_is_known_the_first_is_taken(flood: Flood, make_agent: MakeAgent, fresh: Fresh) -> None:
    runs = flood("One", MOST + 5)
    last = next(run for run in runs if refs([run])[0] not in next_steps(KINDS, Strategy.PREDICTIVE))
    assert agenda.carry_out(refs([last])[0], fresh(make_agent()))
    assert state_of(last) == "READY"
