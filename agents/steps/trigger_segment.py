"""Trigger: a customer entered or left a segment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    segment: int | str = Field(
        title="Segment", json_schema_extra={"x-widget": "segment", "x-options": "/api/v1/segments"}
    )
    change: Literal["entered", "left", "both"] = Field(
        default="entered",
        title="When a customer",
        description="Who is in the segment when you publish, switch on, or change the segment's condition starts "
        "nothing. Changes of a customer count at once; what only time brings, within five minutes.",
    )


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_segment",
    title="Segment entered or left",
    family=Family.TRIGGER,
    description="A customer came into a segment, or went out of it: one run for each time.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "change": {"type": "string"},
            "segment": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}},
            "id": {"type": "integer"},
            "name": {"type": "string"},
            "email": {"type": "string"},
            "after": {"type": "object"},
        },
    },
    icon="people",
)
