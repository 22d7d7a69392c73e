"""A run as people read it: every step, those inside a For each in items, and what is waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents import executor
from agents.worker import STRANGER
from crm.actors import Actor
from crm.errors import InvalidInput, NotFound
from tests.workflows.engine import kinds
from tests.workflows.engine.conftest import work_off
from workflows.engine.line import Strategy, next_steps
from workflows.models import Run, Step
from workflows.selectors.run_steps import output_of, steps_of
from workflows.selectors.runs import RunFilter, get_run, list_runs, shown_state
from workflows.services.runs import cancel_run, start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document

Actors = Callable[[str], Actor]
pytestmark = pytest.mark.django_db(transaction=True)

EACH: dict[str, Any] = {
    "name": "Each",
    "nodes": [
        {"id": "each", "type": "map", "config": {"items": {"$expr": "input.numbers"}, "chunk_size": 2}},
        {"id": "half", "type": "set_values", "parent": "each", "config": {"values": {"n": {"$expr": "10 / item"}}}},
        {"id": "odd", "type": "if", "parent": "each", "config": {"condition": {"$expr": "item % 2 == 1"}}},
        {"id": "say", "type": "set_values", "parent": "each"},
        {"id": "after", "type": "set_values"},
    ],
    "edges": [
        {"from": "each", "to": "after"},
        {"from": "half", "to": "odd"},
        {"from": "odd", "to": "say", "port": "yes"},
    ],
}


def begin(actor: Actor, document: dict[str, Any], given: Any = None) -> Run:
    workflow = import_document(actor=actor, document=document)
    publish(actor=actor, workflow=workflow)
    return start_run(actor=actor, workflow=workflow, input=given)


def lines(actor: Actor, run: Run) -> dict[str, dict[str, Any]]:
    return {line["node"]: line for line in steps_of(actor=actor, run=get_run(actor=actor, run_id=run.pk))}


def test_steps_that_are_not_reached_are_pending(manager: Actor) -> None:
    found = lines(manager, begin(manager, EACH, {"numbers": [1]}))
    assert {node: line["state"] for node, line in found.items()} == {
        "each": "READY", "half": "PENDING", "odd": "PENDING", "say": "PENDING", "after": "PENDING",
    }  # fmt: skip
    assert found["each"]["wait"] == "no agent serves “For each” steps"
    assert found["half"]["parent"] == "each"


def test_steps_inside_a_for_each_are_counted_in_items(manager: Actor) -> None:
    run = begin(manager, EACH, {"numbers": [1, 2, 0, 4, 5]})
    work_off()
    found = lines(manager, run)
    assert found["each"]["items"] == {"items": 5, "done": 5, "failed": 1}
    assert found["half"]["items"] == {"items": 5, "done": 4, "failed": 1}
    assert found["odd"]["items"] == {"items": 5, "done": 4, "failed": 0}
    assert found["say"]["items"] == {"items": 5, "done": 2, "failed": 0}
    assert (found["half"]["item"], len(found["half"]["chunks"])) == (None, 3)
    assert found["half"]["output"] is None


def test_a_for_each_that_is_under_way_says_how_far_it_came(manager: Actor) -> None:
    run = begin(manager, EACH, {"numbers": [1, 2, 3, 4, 5]})
    executor.work(next_steps(["map"], Strategy.PRIORITY)[0], STRANGER)
    found = lines(manager, run)
    assert (found["each"]["state"], found["each"]["wait"]) == ("WAITING", "2 of 5 items done, 2 parts at once")
    assert found["half"]["items"] == {"items": 5, "done": 2, "failed": 0}
    assert found["after"]["state"] == "PENDING"


def test_a_step_shows_its_output_its_tries_and_its_times(manager: Actor) -> None:
    document = {"name": "A", "nodes": [{"id": "a", "type": "set_values", "config": {"values": {"n": 1}}}]}
    run = begin(manager, document)
    work_off()
    (line,) = lines(manager, run).values()
    assert (line["output"], line["port"], line["attempt"], line["error"]) == ({"n": 1}, "out", 1, None)
    assert line["started_at"] <= line["ended_at"]
    assert [attempt["outcome"] for attempt in line["attempts"]] == ["SUCCEEDED"]


def test_a_failed_step_shows_why(manager: Actor) -> None:
    kinds.register()
    run = begin(manager, {"name": "A", "nodes": [{"id": "a", "type": "test_fail"}]})
    work_off()
    (line,) = lines(manager, run).values()
    assert (line["state"], line["output"], line["error"]["code"]) == ("FAILED", None, "told_to_fail")


def test_a_step_that_tries_again_says_when_and_why(manager: Actor) -> None:
    kinds.register()
    node = {"id": "a", "type": "test_fail", "config": {"retry": True}, "retry": {"max_attempts": 3}}
    run = begin(manager, {"name": "A", "nodes": [node]})
    work_off()
    (line,) = lines(manager, run).values()
    assert line["state"] == "WAITING"
    assert line["wait"].startswith("tries again at ")
    assert line["error"]["code"] == "told_to_fail"


@pytest.mark.parametrize(("role", "words"), [("manager", "a manager"), ("operator", "an operator")])
def test_a_step_that_waits_for_a_person_says_for_whom(manager: Actor, role: str, words: str) -> None:
    node = {"id": "ask", "type": "approval", "config": {"title": "Really?", "role": role}}
    run = begin(manager, {"name": "A", "nodes": [node]})
    work_off()
    assert lines(manager, run)["ask"]["wait"] == f"waits for {words} to approve"
    assert shown_state(get_run(actor=manager, run_id=run.pk)) == "WAITING"


def test_a_cancelled_run_waits_for_nothing(manager: Actor) -> None:
    run = begin(manager, EACH, {"numbers": [1]})
    cancel_run(actor=manager, run=run)
    assert {line["state"] for line in lines(manager, run).values()} == {"CANCELLED"}


def test_a_large_output_is_cut_in_the_run_and_whole_by_itself(manager: Actor) -> None:
    numbers = list(range(60_000))
    node = {"id": "a", "type": "set_values", "config": {"values": {"all": {"$expr": "input.numbers"}}}}
    run = begin(manager, {"name": "A", "nodes": [node]}, {"numbers": numbers})
    work_off()
    (line,) = lines(manager, run).values()
    assert line["truncated"]
    assert len(line["output"]["all"]) < 100
    assert output_of(actor=manager, run=run, node="a") == {"all": numbers}


def test_who_may_not_read_every_customer_sees_no_values(actors: Actors, manager: Actor) -> None:
    run = begin(manager, {"name": "A", "nodes": [{"id": "a", "type": "set_values", "config": {"values": {"n": 1}}}]})
    work_off()
    (line,) = lines(actors("operator"), run).values()
    assert (line["state"], line["output"]) == ("SUCCEEDED", None)
    with pytest.raises(NotFound):
        output_of(actor=actors("operator"), run=run, node="a")


def test_runs_are_listed_newest_first_a_page_at_a_time(manager: Actor) -> None:
    run = begin(manager, EACH, {"numbers": []})
    for _ in range(4):
        start_run(actor=manager, workflow=run.workflow)
    first = list_runs(actor=manager, where=RunFilter(), limit=3)
    second = list_runs(actor=manager, where=RunFilter(before=first.next), limit=3)
    numbers = [one.number for one in (*first.runs, *second.runs)]
    assert numbers == sorted(numbers, reverse=True)
    assert (len(numbers), second.next) == (5, "")


def test_runs_are_found_by_state_and_number(manager: Actor) -> None:
    done = begin(manager, {"name": "A", "nodes": [{"id": "a", "type": "set_values"}]})
    work_off()
    asked = begin(manager, {"name": "B", "nodes": [{"id": "a", "type": "approval", "config": {"title": "?"}}]})
    work_off()
    queued = begin(manager, {"name": "C", "nodes": [{"id": "a", "type": "set_values"}]})

    def found(**where: Any) -> list[int]:
        return [run.number for run in list_runs(actor=manager, where=RunFilter(**where)).runs]

    assert found(state="SUCCEEDED") == [done.number]
    assert found(state="WAITING") == [asked.number]
    assert found(state="RUNNING") == [queued.number]
    assert found(number=done.number) == [done.number]
    assert found(workflow=asked.workflow) == [asked.number]


@pytest.mark.parametrize("where", [{"state": "LOST"}, {"before": "x"}])
def test_a_filter_that_makes_no_sense_is_refused(manager: Actor, where: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        list_runs(actor=manager, where=RunFilter(**where))


@pytest.mark.parametrize("key", ["", "x", "01a1fced-0b45-7265-9b6a-797d1c4c41ed"])
def test_a_run_that_is_not_there_is_not_found(manager: Actor, key: str) -> None:
    with pytest.raises(NotFound):
        get_run(actor=manager, run_id=key)
    assert not Step.objects.exists()


def test_a_step_that_takes_another_back_stands_at_the_top(manager: Actor) -> None:
    nodes = [{"id": "a", "type": "set_values"}, {"id": "u", "type": "set_values", "undoes": "a"}]
    run = begin(manager, {"name": "A", "nodes": nodes})
    found = lines(manager, run)["u"]
    assert (found["undoes"], found["parent"], found["item"], found["state"]) == ("a", None, 0, "PENDING")
    work_off()
    assert lines(manager, run)["u"]["state"] == "SKIPPED"


def test_a_step_whose_tries_are_spent_says_that_a_person_decides(manager: Actor) -> None:
    wrong = {"id": "w", "type": "set_values", "config": {"values": {"n": {"$expr": "1 / 0"}}}, "on_failure": "ask"}
    run = begin(manager, {"name": "A", "nodes": [{"id": "a", "type": "set_values"}, wrong]})
    work_off()
    found = lines(manager, run)
    assert (found["w"]["decide"], found["a"]["decide"]) == (True, False)


def test_steps_that_a_plan_added_are_lines_of_their_own(manager: Actor) -> None:
    plan = {"nodes": {"$expr": "input.nodes"}, "edges": []}
    run = begin(
        manager,
        {"name": "A", "nodes": [{"id": "p", "type": "plan", "config": plan}]},
        {"nodes": [{"id": "x", "type": "set_values"}]},
    )
    assert list(lines(manager, run)) == ["p"]
    work_off()
    found = lines(manager, run)
    assert (found["x"]["parent"], found["x"]["state"]) == ("p", "SUCCEEDED")
