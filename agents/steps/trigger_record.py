"""Triggers: a record was created, or it was changed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType

Record = Literal["customer", "service", "request"]
CONDITION = Field(
    default=None,
    title="Only if",
    description="An expression over before and after, such as after.churn_risk >= 0.8.",
    json_schema_extra={"x-widget": "expression"},
)
OUTPUT = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "email": {"type": "string"},
        "changed": {"type": "array", "items": {"type": "string"}},
        "before": {"type": "object"},
        "after": {"type": "object"},
    },
}


class Created(StepConfig):
    record: Record = Field(default="customer", title="Record")
    condition: Any = CONDITION


class Updated(StepConfig):
    record: Record = Field(default="customer", title="Record")
    when: Literal["updated", "scored"] = Field(
        default="updated", title="When", description="Scored: a customer got a new churn score."
    )
    fields: list[str] = Field(default_factory=list, title="Fields", description="One of these changed; none: any.")
    condition: Any = CONDITION

    @model_validator(mode="after")
    def _only_customers_are_scored(self) -> Updated:
        if self.when == "scored" and self.record != "customer":
            raise ValueError("Only customers are scored. Choose the customer, or “updated”.")
        return self


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEPS = (
    StepType(
        key="trigger_record_created",
        title="Record created",
        family=Family.TRIGGER,
        description="A customer, service or request was added.",
        effect=Effect.PURE,
        config=Created,
        run=run,
        output=OUTPUT,
        icon="plus",
    ),
    StepType(
        key="trigger_record_updated",
        title="Record changed",
        family=Family.TRIGGER,
        description="A record changed, or a customer's churn risk passed a line.",
        effect=Effect.PURE,
        config=Updated,
        run=run,
        output=OUTPUT,
        icon="bolt",
    ),
)
