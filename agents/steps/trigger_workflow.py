"""Trigger: a run of another workflow ended."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    workflow: str = Field(
        title="Workflow", min_length=1, max_length=80, description="Its key, as in its address: churn-rescue."
    )
    state: Literal["succeeded", "failed", "cancelled", "any"] = Field(default="succeeded", title="Its run")


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_workflow",
    title="Another workflow ended",
    family=Family.TRIGGER,
    description="A run of another workflow ended: succeeded, failed or cancelled. At most five follow each other so.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "number": {"type": "integer"},
            "workflow": {"type": "string"},
            "state": {"type": "string"},
            "input": {},
            "output": {},
            "error": {},
        },
    },
    icon="merge",
)
