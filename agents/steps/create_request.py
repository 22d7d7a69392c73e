"""Create request: opens service requests for customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from agents.origin import origin_of
from crm.services.requests import NewRequest, create_requests
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    customer: int = Field(title="Customer", json_schema_extra={"x-widget": "expression"})
    subject: str = Field(min_length=1, max_length=200, title="Subject", json_schema_extra={"x-widget": "template"})
    description: str = Field(
        default="", max_length=20_000, title="Description", json_schema_extra={"x-widget": "template"}
    )
    kind: str = Field(default="task", max_length=50, title="Kind")
    priority: Literal["low", "normal", "high", "urgent"] = Field(default="normal", title="Priority")
    assignee: int | None = Field(default=None, title="Assigned to", json_schema_extra={"x-options": "/api/v1/members"})


Call = tuple[StepContext, Config]


def run_batch(calls: Sequence[Call]) -> list[Done]:
    context = calls[0][0]
    rows = create_requests(
        actor=context.run.actor, items=[_new(config) for _, config in calls], origin=origin_of(context)
    )
    return [Done({"request": row.pk, "customer": row.customer_id}) for row in rows]


def _new(config: Config) -> NewRequest:
    return NewRequest(
        customer_id=config.customer,
        subject=config.subject,
        description=config.description,
        kind=config.kind,
        priority=config.priority,
        assignee_id=config.assignee,
    )


def run(context: StepContext, config: Config) -> Outcome:
    return run_batch([(context, config)])[0]


STEP = StepType(
    key="create_request",
    title="Create request",
    family=Family.CRM,
    description="Open a service request for a customer.",
    effect=Effect.LOCAL,
    needs=(("create", "servicerequest"),),
    config=Config,
    run=run,
    run_batch=run_batch,
    output={"type": "object", "properties": {"request": {"type": "integer"}, "customer": {"type": "integer"}}},
    icon="ticket",
)
