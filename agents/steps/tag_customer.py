"""Tag customer: gives customers a tag, or takes it off."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from agents.origin import origin_of
from crm.services.tags import tag_customers, untag_customers
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    customer: int = Field(title="Customer", json_schema_extra={"x-widget": "expression"})
    tag: str = Field(min_length=1, max_length=50, title="Tag", json_schema_extra={"x-widget": "tag"})
    remove: bool = Field(default=False, title="Take it off")


Call = tuple[StepContext, Config]


def run_batch(calls: Sequence[Call]) -> list[Done]:
    context = calls[0][0]
    for tag, remove in {(config.tag, config.remove) for _, config in calls}:
        act = untag_customers if remove else tag_customers
        ids = {config.customer for _, config in calls if (config.tag, config.remove) == (tag, remove)}
        act(actor=context.run.actor, customer_ids=sorted(ids), tag=tag, origin=origin_of(context))
    return [Done({"customer": config.customer, "tag": config.tag}) for _, config in calls]


def run(context: StepContext, config: Config) -> Outcome:
    return run_batch([(context, config)])[0]


STEP = StepType(
    key="tag_customer",
    title="Tag customer",
    family=Family.CRM,
    description="Give a customer a tag, or take it off.",
    effect=Effect.LOCAL,
    needs=(("tag", "customer"),),
    config=Config,
    run=run,
    run_batch=run_batch,
    output={"type": "object", "properties": {"customer": {"type": "integer"}, "tag": {"type": "string"}}},
    icon="tag",
)
