"""Trigger: a person starts the run."""

from __future__ import annotations

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    pass


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_person",
    title="Started by a person",
    family=Family.TRIGGER,
    description="Somebody presses Run, or calls the API.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    icon="hand",
)
