"""Trigger: a request nears the time to respond by, or passed it without a response."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    when: Literal["warning", "breach", "both"] = Field(default="both", title="When")
    minutes_before: int = Field(
        default=60, ge=1, le=10_080, title="Warning, minutes before", description="A breach comes at the time itself."
    )
    grace_hours: int = Field(
        default=24,
        ge=1,
        le=720,
        title="Late by at most, in hours",
        description="A moment that was missed because nothing ran still starts its run within this time.",
    )


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_sla",
    title="Response is due or overdue",
    family=Family.TRIGGER,
    description="An unanswered request nears the time to respond by, which follows from its priority, or passed it: "
    "one run for each.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "kind": {"type": "string", "enum": ["warning", "breach"]},
            "respond_by": {"type": "string"},
            "moment": {"type": "string"},
            "after": {"type": "object"},
            "customer": {
                "type": "object",
                "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "email": {"type": "string"}},
            },
        },
    },
    icon="hourglass",
)
