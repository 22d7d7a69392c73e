"""Trigger: a person starts the run, by itself or for customers that the person chose."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    customers: Literal["not_offered", "one_run_each", "one_run_for_all"] = Field(
        default="not_offered",
        title="For chosen customers",
        description="Offers the workflow on the list of customers and on a customer's page. "
        "One run each: input.customer. One run for all: input.customers.",
    )


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_person",
    title="Started by a person",
    family=Family.TRIGGER,
    description="Somebody presses Run, also for chosen customers, or calls the API.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    icon="hand",
)
