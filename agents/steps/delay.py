"""Delay: waits for a while or until a time, by the database's clock."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import Field, model_validator

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType, Wait

YEAR = 366 * 86_400


class Config(StepConfig):
    seconds: float | None = Field(
        default=None, ge=0, le=YEAR, title="Seconds", description="3600 is an hour, 86400 a day."
    )
    until: datetime | None = Field(
        default=None, title="Or until", description="Such as 2026-03-31T09:00:00Z; a time that has passed is no wait.",
        json_schema_extra={"x-widget": "expression"},
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_of_them(self) -> Config:
        if (self.seconds is None) == (self.until is None):
            raise ValueError("Give either the seconds or the time to wait until.")
        return self


def run(context: StepContext, config: Config) -> Outcome:
    told = {"waited_seconds": config.seconds, "until": _written(config.until)}
    if context.waited or config.seconds == 0:
        return Done({key: value for key, value in told.items() if value is not None})
    return Wait(seconds=config.seconds, until=_with_zone(config.until))


def _with_zone(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _written(moment: datetime | None) -> str | None:
    zoned = _with_zone(moment)
    return zoned.isoformat() if zoned else None


STEP = StepType(
    key="delay",
    title="Delay",
    family=Family.FLOW,
    description="Wait for a while or until a time, then go on.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {"waited_seconds": {"type": "number"}, "until": {"type": "string", "format": "date-time"}},
    },
    icon="hourglass",
    waits=True,
)
