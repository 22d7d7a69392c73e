"""If: one of two ways."""

from __future__ import annotations

from pydantic import Field, StrictBool

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    condition: StrictBool = Field(
        title="Condition",
        description="An expression that is true or false.",
        json_schema_extra={"x-widget": "expression"},
    )


def run(context: StepContext, config: Config) -> Outcome:
    return Done({"result": config.condition}, port="yes" if config.condition else "no")


STEP = StepType(
    key="if",
    title="If",
    family=Family.DECISION,
    description="Go one way if a condition holds, another if not.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    ports=("yes", "no"),
    output={"type": "object", "properties": {"result": {"type": "boolean"}}},
    icon="branch",
)
