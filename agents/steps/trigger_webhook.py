"""Trigger: another system calls a signed webhook."""

from __future__ import annotations

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    answers: bool = Field(
        default=False,
        title="Answer with the output",
        description="A caller who waits for the end of the run is given its output, and not only its state.",
    )


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_webhook",
    title="Webhook",
    family=Family.TRIGGER,
    description="Another system calls an address of its own, signed with a secret.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    icon="webhook",
)
