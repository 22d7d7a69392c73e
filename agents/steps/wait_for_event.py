"""Wait for an event: goes on once a record changed as it is told, or when the time is over."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workflows.engine.awaiting import text_of
from workflows.steps import AwaitedEvent, Done, Effect, Family, Outcome, StepConfig, StepContext, StepType, Wait


class Config(StepConfig):
    record: Literal["customer", "service", "request"] = Field(default="request", title="Record")
    what: Literal["created", "updated", "scored"] = Field(default="updated", title="Was")
    field: str = Field(
        default="id", max_length=200, title="Told by", description="A field of the event: id, or after.customer_id."
    )
    equals: Any = Field(
        default="", title="Equal to", description="Empty: any.", json_schema_extra={"x-widget": "expression"}
    )
    condition: str = Field(
        default="", max_length=2000, title="And if",
        description="An expression over before and after, such as after.status == 'Completed'.",
    )  # fmt: skip
    since_start: bool = Field(default=False, title="Also what happened since the run began")
    timeout_hours: float | None = Field(default=None, gt=0, le=8760, title="At most, in hours")


def run(context: StepContext, config: Config) -> Outcome:
    if context.signal is not None:
        return Done({"event": context.signal})
    if context.waited_for_answer and config.timeout_hours is not None:
        return Done({"event": None}, port="timeout")
    value = text_of(config.equals)
    event = AwaitedEvent(
        topic=f"{config.record}.{config.what}", field=config.field if value else "", value=value,
        condition=config.condition, since_start=config.since_start,
    )  # fmt: skip
    return Wait(event=event, seconds=config.timeout_hours and config.timeout_hours * 3600)


STEP = StepType(
    key="wait_for_event",
    title="Wait for an event",
    family=Family.FLOW,
    description="Go on when a record is created or changes, or when the time is over.",
    effect=Effect.LOCAL,
    config=Config,
    run=run,
    ports=("out", "timeout"),
    output={"type": "object", "properties": {"event": {"type": "object"}}},
    icon="clock",
    waits=True,
)
