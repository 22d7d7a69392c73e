"""Delay: waits for a while, by the database's clock."""

from __future__ import annotations

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType, Wait

YEAR = 366 * 86_400


class Config(StepConfig):
    seconds: float = Field(ge=0, le=YEAR, title="Seconds", description="3600 is an hour, 86400 a day.")


def run(context: StepContext, config: Config) -> Outcome:
    if context.waited or config.seconds == 0:
        return Done({"waited_seconds": config.seconds})
    return Wait(seconds=config.seconds)


STEP = StepType(
    key="delay",
    title="Delay",
    family=Family.FLOW,
    description="Wait for a while, then go on.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={"type": "object", "properties": {"waited_seconds": {"type": "number"}}},
    icon="hourglass",
    waits=True,
)
