"""Stop: ends the run here, whatever else is still under way."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workflows.steps import Effect, Family, Outcome, StepConfig, StepContext, StepType, Stop


class Config(StepConfig):
    outcome: Literal["succeeded", "failed"] = Field(default="succeeded", title="The run has")
    message: str = Field(
        default="",
        max_length=500,
        title="Why",
        description="For a failure.",
        json_schema_extra={"x-widget": "template"},
    )
    output: Any = Field(
        default=None, title="Output", description="What the run came to.", json_schema_extra={"x-widget": "expression"}
    )


def run(context: StepContext, config: Config) -> Outcome:
    failed = config.outcome == "failed"
    return Stop(config.output, error=(config.message or f"“{context.label}” stopped the run.") if failed else None)


STEP = StepType(
    key="stop",
    title="Stop",
    family=Family.FLOW,
    description="End the run here. Steps that are still under way or wait are cancelled.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    ports=(),
    icon="ban",
    only_at_top=True,
)
