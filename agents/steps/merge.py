"""Merge: waits for all branches that lead to it."""

from __future__ import annotations

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    pass


def run(context: StepContext, config: Config) -> Outcome:
    return Done({})


STEP = StepType(
    key="merge",
    title="Merge",
    family=Family.FLOW,
    description="Wait until all branches that lead here have ended.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    icon="merge",
)
