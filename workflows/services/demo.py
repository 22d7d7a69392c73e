"""The demo's workflows: created and published like any other, and run by the agents to make some history."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from crm.actors import Actor, actor_of
from crm.errors import NotFound
from crm.models import Member
from crm.models.members import Role
from workflows.models import Workflow
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import describe_workflow, import_document

JSON = Any
FOLDER = Path(__file__).resolve().parent.parent / "demo"


@dataclass(frozen=True)
class DemoWorkflow:
    key: str
    description: str
    # What each of its first runs is started with.
    runs: tuple[JSON, ...] = ()


ORDERS: tuple[JSON, ...] = (
    {"order_data": {"order": "A-1001", "customer": "Alice", "amount": 120, "currency": "EUR"}},
    {"order_data": {"order": "A-1002", "customer": "Bob", "amount": 1850, "currency": "EUR", "new_customer": True}},
)
WORKFLOWS = (
    DemoWorkflow("nightly-scoring", "Scores every customer each night with the churn model in use.", ({},)),
    DemoWorkflow(
        "churn-rescue",
        "Finds active customers who are likely to leave, lets a manager strike some out, and opens a request for each.",
        ({},),
    ),
    DemoWorkflow("churn-warning", "Asks an operator to call when a customer's churn risk passes 0.8."),
    DemoWorkflow("order_processing", "Checks an order, rates its risk and takes the payment.", ORDERS),
    DemoWorkflow(
        "order-fulfilment",
        "Takes the payment and ships the order. What the warehouse refuses is tried again, then put to a person; "
        "if they give up, the payment is given back.",
        (
            {"order": {"id": "A-2001", "amount": 89, "currency": "EUR", "email": "alice@example.com"}},
            {"order": {"id": "A-2002", "amount": 240, "currency": "EUR", "email": "bob@example.com"}},
        ),
    ),
    DemoWorkflow(
        "sum-of-squares", "Splits numbers into chunks, squares each and adds them up.", ({"data": [1, 2, 3, 4, 5]},)
    ),
)


def load_demo_workflows(*, actor: Actor, with_runs: bool = True) -> list[Workflow]:
    """Creates and publishes what is missing; a workflow that is there, perhaps changed since, is left alone."""
    publisher = _publisher(actor)
    return [_load(publisher, wanted, with_runs=with_runs) for wanted in WORKFLOWS]


def read_document(key: str) -> JSON:
    return json.loads((FOLDER / f"{key}.json").read_text())


def _publisher(actor: Actor) -> Actor:
    """Runs act with the rights of a member, so one who may do what the workflows do must publish them."""
    if actor.member_id is not None:
        return actor
    for role in (Role.MANAGER, Role.ADMIN):
        member = Member.objects.filter(role=role, is_active=True).order_by("pk").first()
        if member is not None:
            return actor_of(member)
    raise NotFound("There is no manager or admin who could publish the demo's workflows.")


@transaction.atomic
def _load(actor: Actor, wanted: DemoWorkflow, *, with_runs: bool) -> Workflow:
    known = Workflow.objects.filter(key=wanted.key).first()
    if known is not None:
        return known
    workflow = import_document(actor=actor, document=read_document(wanted.key), key=wanted.key)
    workflow = describe_workflow(actor=actor, workflow=workflow, name=workflow.name, description=wanted.description)
    publish(actor=actor, workflow=workflow, note="Part of the demo")
    workflow.refresh_from_db()
    if with_runs:
        for number, given in enumerate(wanted.runs):
            start_run(actor=actor, workflow=workflow, input=given, key=f"demo:{number}")
    return workflow
