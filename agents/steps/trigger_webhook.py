"""Trigger: another system calls a signed webhook."""

from __future__ import annotations

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    pass


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
