"""Approval and asking a person: one question however often the step is tried, and what the answer makes."""

from __future__ import annotations

from typing import Any

import pytest

from crm.actors import Actor
from crm.models import Customer
from tests.agents.running import Ended, RunStep, finish
from workflows import registry
from workflows.models import Approval, StepResult
from workflows.services.approvals import decide_approval
from workflows.services.asking import Question, open_approval
from workflows.states import StepState
from workflows.steps import Done, RunInfo, StepContext

ITEMS = [{"id": 1, "name": "Alice"}, {"id": 2, "name": "Bob"}, {"id": 1, "name": "Alice"}]
FIELDS: list[dict[str, Any]] = [
    {"name": "outcome", "label": "Outcome", "type": "choice", "choices": ["stays", "leaves"]},
    {"name": "said", "label": "What the customer said", "type": "long_text", "required": False},
    {"name": "minutes", "label": "Minutes", "type": "number", "required": False},
    {"name": "again", "label": "Call again", "type": "boolean"},
]


def asked(run_step: RunStep, **more: Any) -> tuple[Ended, Approval]:
    config = {"title": "Rescue {{ size(input.list) }}", "items": {"$expr": "input.list"}, **more}
    ended = run_step("approval", config, {"list": ITEMS})
    return ended, Approval.objects.get(run_id=ended.run.pk)


def test_an_approval_shows_what_is_asked_and_waits(run_step: RunStep) -> None:
    ended, approval = asked(run_step, what_will_happen=["A request is opened"], due_hours=2)
    assert ended.state == StepState.WAITING
    assert (approval.title, approval.role, approval.items) == ("Rescue 3", "manager", ITEMS)
    assert approval.what_will_happen == ["A request is opened"]
    assert approval.due_at is not None


def test_a_yes_keeps_what_was_not_struck_out_by_its_position(run_step: RunStep, manager: Actor) -> None:
    ended, approval = asked(run_step)
    decide_approval(actor=manager, approval=approval, decision="approved", reason="go", struck=[0])
    assert finish(ended.run).output == {
        "decision": "approved", "by": manager.name, "reason": "go", "items": ITEMS[1:], "struck": ITEMS[:1],
    }  # fmt: skip


def test_a_no_leaves_by_the_port_rejected(run_step: RunStep, manager: Actor) -> None:
    ended, approval = asked(run_step)
    decide_approval(actor=manager, approval=approval, decision="rejected", reason="not now")
    finish(ended.run)
    assert StepResult.objects.get(run_id=ended.run.pk, node="step").port == "rejected"


def test_a_question_is_asked_once_however_often_the_step_is_tried(run_step: RunStep, manager: Actor) -> None:
    ended, approval = asked(run_step)
    run = RunInfo(ended.run.pk, ended.run.number, ended.run.workflow_id, "Test", 1, {}, manager)
    context = StepContext(run, "step", "Step", 0, 0, 2, None, "key")
    assert open_approval(context=context, question=Question("Again", "manager")).pk == approval.pk
    assert Approval.objects.count() == 1


def test_a_person_is_asked_with_a_form(run_step: RunStep, customers: list[Customer]) -> None:
    config = {"title": "Call {{ input.name }}", "customer": {"$expr": "input.id"}, "fields": FIELDS}
    ended = run_step("ask_operator", config, {"id": customers[0].pk, "name": "Alice"})
    approval = Approval.objects.get(run_id=ended.run.pk)
    assert (approval.title, approval.role, approval.customer_id) == ("Call Alice", "operator", customers[0].pk)
    properties = approval.form["properties"]
    assert properties["outcome"]["enum"] == ["stays", "leaves"]
    assert [properties[one["name"]]["type"] for one in FIELDS] == ["string", "string", "number", "boolean"]
    assert approval.form["required"] == ["outcome"]


def test_the_answers_are_the_output(run_step: RunStep, manager: Actor) -> None:
    ended = run_step("ask_operator", {"title": "Call", "fields": FIELDS, "role": "manager"})
    answers = {"outcome": "stays", "said": "too dear", "again": False}
    decide_approval(actor=manager, approval=Approval.objects.get(), decision="approved", answers=answers)
    assert finish(ended.run).output == {"answers": answers, "by": manager.name, "reason": ""}


@pytest.mark.parametrize(("decision", "port"), [("approved", "answered"), ("rejected", "declined")])
def test_who_is_asked_may_decline(decision: str, port: str, manager: Actor) -> None:
    step_type = registry.get("ask_operator")
    run = RunInfo(None, 1, 1, "Test", 1, {}, manager)  # type: ignore[arg-type]
    context = StepContext(run, "s", "", 0, 0, 1, None, "k", signal={"decision": decision, "by": "Ann", "reason": "no"})
    done = step_type.run(context, step_type.config.model_validate({"title": "Call", "fields": FIELDS}))
    assert isinstance(done, Done)
    assert done.port == port
