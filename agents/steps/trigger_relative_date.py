"""Trigger: some time before or after a date of a record."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from workflows.clocks import is_time_zone
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    record: Literal["service", "customer", "request"] = Field(default="service", title="Record")
    field: str = Field(
        default="end_time",
        min_length=1,
        max_length=80,
        title="Date",
        description="start_time or end_time of a service, request_time of a request, created_at of a customer, "
        "or a custom field of type date, such as custom.renewal.",
    )
    amount: int = Field(default=30, ge=0, le=3650, title="How much")
    unit: Literal["days", "hours"] = Field(default="days", title="Unit")
    direction: Literal["before", "after"] = Field(default="before", title="Before or after")
    at: str = Field(
        default="09:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        title="Time of day",
        description="For days: the time on the clocks of the time zone. Hours count from the date itself.",
    )
    timezone: str = Field(default="UTC", title="Time zone", description="For instance Europe/Berlin or Asia/Shanghai.")
    grace_hours: int = Field(
        default=24,
        ge=1,
        le=720,
        title="Late by at most, in hours",
        description="A moment that was missed, because nothing ran or the date was set late, still starts its run "
        "within this time. Moments before the publication start nothing.",
    )

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        return is_time_zone(value)


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_relative_date",
    title="Before or after a date",
    family=Family.TRIGGER,
    description="Such as 30 days before a service ends: once for each record and date. A moved date counts anew.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "record": {"type": "string"},
            "date": {"type": "string"},
            "moment": {"type": "string"},
            "after": {"type": "object"},
            "customer": {
                "type": "object",
                "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "email": {"type": "string"}},
            },
        },
    },
    icon="clock",
)
