"""Update customer: changes fields of customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from agents.origin import origin_of
from crm.services.customers import update_customers
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    customer: int = Field(title="Customer", json_schema_extra={"x-widget": "expression"})
    changes: dict[str, Any] = Field(
        title="Changes",
        description="Fields and their new values, such as lifecycle: at_risk; custom fields as custom.Contract.",
        json_schema_extra={"x-widget": "key-values"},
    )


Call = tuple[StepContext, Config]


def run_batch(calls: Sequence[Call]) -> list[Done]:
    context = calls[0][0]
    merged: dict[int, dict[str, Any]] = {}
    for _, config in calls:
        merged.setdefault(config.customer, {}).update(_nested(config.changes))
    update_customers(actor=context.run.actor, changes=merged, origin=origin_of(context))
    return [Done({"customer": config.customer}) for _, config in calls]


def _nested(changes: dict[str, Any]) -> dict[str, Any]:
    """`custom.Contract` names a custom field."""
    plain = {key: value for key, value in changes.items() if not key.startswith("custom.")}
    custom = {key.removeprefix("custom."): value for key, value in changes.items() if key.startswith("custom.")}
    return {**plain, "custom": {**plain.get("custom", {}), **custom}} if custom else plain


def run(context: StepContext, config: Config) -> Outcome:
    return run_batch([(context, config)])[0]


STEP = StepType(
    key="update_customer",
    title="Update customer",
    family=Family.CRM,
    description="Change fields of a customer.",
    effect=Effect.LOCAL,
    needs=(("update", "customer"),),
    config=Config,
    run=run,
    run_batch=run_batch,
    output={"type": "object", "properties": {"customer": {"type": "integer"}}},
    icon="pencil",
)
