"""Trigger: a field of a record became a value."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType

Text = Annotated[str, Field(max_length=200)]


class Config(StepConfig):
    record: Literal["customer", "service", "request"] = Field(default="customer", title="Record")
    field: str = Field(
        default="lifecycle",
        min_length=1,
        max_length=80,
        title="Field",
        description="Such as lifecycle or tag of a customer, status of a service or request, priority of a request; "
        "a custom field as custom.plan.",
    )
    values: list[Text] = Field(
        default_factory=list,
        max_length=50,
        title="Values",
        description="It became one of these; none: any value but an empty one. Yes or no for fields of that kind.",
    )


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_field_became",
    title="Field became a value",
    family=Family.TRIGGER,
    description="A field of a record changed into a value. Nothing starts while it stays so, nor for new records.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "field": {"type": "string"},
            "was": {},
            "value": {},
            "before": {"type": "object"},
            "after": {"type": "object"},
        },
    },
    icon="bolt",
)
