"""Trigger: a time, by cron and time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from cronsim import CronSim, CronSimError
from pydantic import Field, field_validator

from workflows.clocks import is_time_zone
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    cron: str = Field(
        default="0 2 * * *",
        title="When",
        description="Minute, hour, day of month, month, day of week: 0 2 * * * is 02:00 each day.",
    )
    timezone: str = Field(default="UTC", title="Time zone", description="For instance Europe/Berlin or Asia/Shanghai.")
    missed: Literal["skip", "latest", "all"] = Field(
        default="latest",
        title="Times that were missed",
        description="While nothing ran. Skip: wait for the next time. Latest: one run for the latest of them. "
        "All: a run for each, at most the latest 100.",
    )

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, value: str) -> str:
        try:
            next(CronSim(value, datetime.now(UTC)))
        except (CronSimError, StopIteration) as error:
            raise ValueError("Write five fields, such as 0 2 * * * for 02:00 each day.") from error
        return value

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        return is_time_zone(value)


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_schedule",
    title="On a schedule",
    family=Family.TRIGGER,
    description="At set times, on the clocks of a time zone.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={"type": "object", "properties": {"fired_at": {"type": "string"}, "late_seconds": {"type": "integer"}}},
    icon="clock",
)
