"""The demo's Churn warning: it starts by itself, a person calls, and what the customer said is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.actors import Actor
from crm.models import Activity, Customer, ServiceRequest
from crm.services.scores import NewScore, record_scores
from tests.workflows.engine.conftest import work_off
from workflows.engine.drain import drain_events
from workflows.models import Approval, Run
from workflows.services.approvals import decide_approval
from workflows.services.demo import load_demo_workflows

Actors = Callable[[str], Actor]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann(actors: Actors) -> Customer:
    load_demo_workflows(actor=actors("manager"), with_runs=False)
    return Customer.objects.create(name="Ann", email="ann@example.com")


def score(actor: Actor, customer: Customer, *risks: float) -> None:
    """One score after the other; then whatever they started is carried out."""
    for risk in risks:
        record_scores(actor=actor, scores=[NewScore(customer.pk, risk, 0.2, [], "churn v1")])
    while drain_events():
        pass
    work_off()


def answer(actor: Actor, outcome: str) -> None:
    answers = {"outcome": outcome, "said": "The bill is too high."}
    decide_approval(actor=actor, approval=Approval.objects.get(), decision="approved", answers=answers)
    work_off()


@pytest.mark.parametrize("risks", [(0.9,), (0.5, 0.79), (0.85, 0.9), (0.9, 0.5)])
def test_a_score_that_does_not_pass_the_line_warns_nobody(
    actors: Actors, ann: Customer, risks: tuple[float, ...]
) -> None:
    score(actors("manager"), ann, *risks)
    assert not Run.objects.exists()


def test_a_score_that_passes_the_line_asks_an_operator_to_call(actors: Actors, ann: Customer) -> None:
    score(actors("manager"), ann, 0.5, 0.86)
    asked = Approval.objects.get()
    assert (asked.title, asked.role, asked.customer_id) == ("Call Ann: churn risk 0.86", "operator", ann.pk)


def test_what_the_customer_said_is_on_the_timeline(actors: Actors, ann: Customer) -> None:
    score(actors("manager"), ann, 0.5, 0.86)
    answer(actors("operator"), "stays")
    call = Activity.objects.get(customer=ann, kind="call")
    assert call.summary == "Called after a churn warning: stays"
    assert "The bill is too high." in call.body
    assert Run.objects.get().state == "SUCCEEDED"
    assert not ServiceRequest.objects.exists()


def test_a_customer_who_wants_to_leave_is_handed_on(actors: Actors, ann: Customer) -> None:
    score(actors("manager"), ann, 0.5, 0.86)
    answer(actors("operator"), "leaves")
    request = ServiceRequest.objects.get()
    assert (request.subject, request.priority, request.description) == (
        "Ann wants to leave", "urgent", "The bill is too high.",
    )  # fmt: skip
