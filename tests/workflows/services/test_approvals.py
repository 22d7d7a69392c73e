"""Deciding: once, by who is asked, with answers that fit the form."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, NotAllowed
from crm.models import AuditEntry, Customer
from tests.workflows.engine.conftest import output, states, work_off
from tests.workflows.test_forms import CALL
from workflows.models import Approval, Run, Signal
from workflows.services.approvals import decide_approval, may_decide
from workflows.services.runs import cancel_run, start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document

Actors = Callable[[str], Actor]
pytestmark = pytest.mark.django_db(transaction=True)

ITEMS = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bo"}, {"id": 3, "name": "Cy"}]


@pytest.fixture
def run(actors: Actors) -> Run:
    """A run that waits for a manager to approve three items."""
    document = {
        "name": "Ask",
        "nodes": [
            {"id": "ask", "type": "approval", "config": {"title": "Really?", "items": ITEMS}},
            {"id": "yes", "type": "set_values", "config": {"values": {"kept": {"$expr": "steps.ask.output.items"}}}},
            {"id": "no", "type": "set_values"},
        ],
        "edges": [
            {"from": "ask", "to": "yes", "port": "approved"},
            {"from": "ask", "to": "no", "port": "rejected"},
        ],
    }
    workflow = import_document(actor=actors("manager"), document=document)
    publish(actor=actors("manager"), workflow=workflow)
    started = start_run(actor=actors("manager"), workflow=workflow)
    work_off()
    return started


@pytest.fixture
def approval(run: Run) -> Approval:
    return Approval.objects.get(run_id=run.pk)


def ask_operator(approval: Approval, **more: Any) -> Approval:
    Approval.objects.filter(pk=approval.pk).update(role="operator", form=CALL, **more)
    approval.refresh_from_db()
    return approval


def untouched(approval: Approval) -> bool:
    approval.refresh_from_db()
    return approval.state == "open" and not Signal.objects.exists()


def test_an_approval_lets_the_run_go_on_with_what_was_kept(actors: Actors, run: Run, approval: Approval) -> None:
    decided = decide_approval(
        actor=actors("manager"), approval=approval, decision="approved", reason=" Fine ", struck=[1]
    )
    work_off()
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"
    assert states(run) == {"ask": "SUCCEEDED", "yes": "SUCCEEDED", "no": "SKIPPED"}
    assert [item["name"] for item in output(run, "yes")["kept"]] == ["Ann", "Cy"]
    assert (decided.reason, decided.decided_by_id) == ("Fine", actors("manager").member_id)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor_id) == ("approval.approve", actors("manager").id)


def test_a_rejection_goes_the_other_way(actors: Actors, run: Run, approval: Approval) -> None:
    decide_approval(actor=actors("manager"), approval=approval, decision="rejected")
    work_off()
    assert (states(run)["yes"], states(run)["no"]) == ("SKIPPED", "SUCCEEDED")


@pytest.mark.parametrize("role", ["viewer", "builder", "operator"])
def test_who_is_not_asked_can_not_decide(actors: Actors, approval: Approval, role: str) -> None:
    assert not may_decide(actors(role), approval)
    with pytest.raises(NotAllowed):
        decide_approval(actor=actors(role), approval=approval, decision="approved")
    assert untouched(approval)


@pytest.mark.parametrize("role", ["operator", "manager", "admin"])
def test_what_an_operator_is_asked_others_above_may_decide_too(actors: Actors, approval: Approval, role: str) -> None:
    answers = {"outcome": "stays"}
    decided = decide_approval(actor=actors(role), approval=ask_operator(approval), decision="approved", answers=answers)
    assert decided.answers == answers


def test_only_an_admin_decides_what_an_admin_is_asked(actors: Actors, approval: Approval) -> None:
    Approval.objects.update(role="admin")
    approval.refresh_from_db()
    with pytest.raises(NotAllowed):
        decide_approval(actor=actors("manager"), approval=approval, decision="approved")
    assert untouched(approval)
    decide_approval(actor=actors("admin"), approval=approval, decision="approved")


def test_an_operator_can_not_decide_about_another_ones_customer(actors: Actors, approval: Approval) -> None:
    customer = Customer.objects.create(name="Ann", email="ann@example.com", owner_id=actors("manager").member_id)
    with pytest.raises(NotAllowed):
        decide_approval(
            actor=actors("operator"),
            approval=ask_operator(approval, customer_id=customer.pk),
            decision="approved",
            answers={"outcome": "stays"},
        )
    assert untouched(approval)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"decision": "maybe"}, "decision"),
        ({"decision": "open"}, "decision"),
        ({"decision": "approved", "struck": [3]}, "struck"),
        ({"decision": "approved", "struck": [-1]}, "struck"),
        ({"decision": "approved", "reason": "x" * 2001}, "reason"),
        ({"decision": "approved", "reason": "a\x00"}, "reason"),
        ({"decision": "approved", "answers": {"extra": 1}}, "extra"),
    ],
)
def test_a_decision_that_makes_no_sense_points_at_its_field(
    actors: Actors, approval: Approval, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        decide_approval(actor=actors("manager"), approval=approval, **given)
    assert [error["field"] for error in caught.value.errors] == [field]
    assert untouched(approval)


def test_a_required_answer_must_be_given_unless_it_is_declined(actors: Actors, approval: Approval) -> None:
    asked = ask_operator(approval)
    with pytest.raises(InvalidInput):
        decide_approval(actor=actors("operator"), approval=asked, decision="approved")
    assert untouched(asked)
    decide_approval(actor=actors("operator"), approval=asked, decision="rejected")


def test_of_five_who_decide_at_once_one_does_and_the_others_are_told_who(
    actors: Actors, run: Run, approval: Approval
) -> None:
    manager = actors("manager")

    def decide(number: int) -> str:
        try:
            decision = "approved" if number % 2 else "rejected"
            decide_approval(actor=manager, approval=Approval.objects.get(pk=approval.pk), decision=decision)
        except Conflict as conflict:
            return f"{conflict.code}: {conflict.detail}"
        finally:
            connection.close()
        return "decided"

    with ThreadPoolExecutor(5) as pool:
        outcomes = sorted(pool.map(decide, range(5)))
    approval.refresh_from_db()
    told = f"already_decided: Manager already {approval.state} this."
    assert outcomes == [told] * 4 + ["decided"]
    assert Signal.objects.filter(run_id=run.pk).count() == 1
    assert AuditEntry.objects.filter(object_type="approval").count() == 1
    work_off()
    assert Run.objects.get(pk=run.pk).state == "SUCCEEDED"


def test_what_a_cancelled_run_asked_can_not_be_decided(actors: Actors, run: Run, approval: Approval) -> None:
    cancel_run(actor=actors("manager"), run=run)
    with pytest.raises(Conflict) as caught:
        decide_approval(actor=actors("manager"), approval=approval, decision="approved")
    assert "cancelled" in caught.value.detail
    assert not Signal.objects.exists()
