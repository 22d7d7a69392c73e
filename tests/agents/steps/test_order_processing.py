"""The bare order document, as other systems send it: checked, rated and paid at the sandbox, over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import SandboxPayment
from agents.services.demo import load_demo_agents
from crm.actors import SYSTEM, Actor, actor_of
from crm.models import Member
from crm.models.members import Role
from tests.agents.running import finish
from workflows.models import StepResult, Workflow
from workflows.services.demo import read_document
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document
from workflows.states import RunState

ORDER = {"order": "A-1", "customer": "Alice", "amount": 1850, "currency": "EUR", "new_customer": True}


@pytest.fixture
def boss(transactional_db: None) -> Actor:
    return actor_of(Member.objects.create_user("boss", "boss@example.com", "x", role=Role.MANAGER))


@pytest.fixture
def order_processing(boss: Actor, live_server: Any, settings: Any) -> Workflow:
    settings.OUTGOING_ALLOWED = [live_server.url.removeprefix("http://")]
    settings.SANDBOX_URL = f"{live_server.url}/sandbox/"
    load_demo_agents(actor=SYSTEM)
    workflow = import_document(actor=boss, document=read_document("order_processing"))
    publish(actor=boss, workflow=workflow)
    workflow.refresh_from_db()
    return workflow


def results(run: Any) -> dict[str, Any]:
    return {one.node: one.output for one in StepResult.objects.filter(run_id=run.pk)}


def test_an_order_is_checked_rated_and_paid_once(order_processing: Workflow, boss: Actor) -> None:
    ended = finish(start_run(actor=boss, workflow=order_processing, input={"order_data": ORDER}))
    assert ended.run.state == RunState.SUCCEEDED
    found = results(ended.run)
    assert found["n1"] == ORDER
    assert (found["n2"]["score"], found["n2"]["level"]) == (60, "medium")
    payment = SandboxPayment.objects.get()
    assert (float(payment.amount), payment.currency) == (1850.0, "EUR")
    assert found["n3"]["payment"]["id"] == f"pay_{payment.pk}"
    assert ended.run.output == found["n3"]


@pytest.mark.parametrize("data", [{}, [], None, "text"])
def test_an_order_without_data_fails_at_the_check_and_nothing_is_paid(
    data: Any, order_processing: Workflow, boss: Actor
) -> None:
    ended = finish(start_run(actor=boss, workflow=order_processing, input={"order_data": data}))
    assert ended.run.state == RunState.FAILED
    assert ended.error["code"] == "data_invalid"
    assert not SandboxPayment.objects.exists()
