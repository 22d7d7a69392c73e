"""Set values: builds an object from fixed values and expressions."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    values: dict[str, Any] = Field(
        default_factory=dict,
        title="Values",
        description="Names and their values; each value may be an expression.",
        json_schema_extra={"x-widget": "key-values"},
    )


def run(context: StepContext, config: Config) -> Outcome:
    return Done(config.values)


STEP = StepType(
    key="set_values",
    title="Set values",
    family=Family.DECISION,
    description="Name values for later steps: fixed ones, or worked out by expressions.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    icon="sliders",
)
