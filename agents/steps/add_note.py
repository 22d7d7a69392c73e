"""Add note: writes on customers' timelines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from agents.origin import origin_of
from crm.models.activities import ActivityKind
from crm.services.activities import NewActivity, add_activities
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    customer: int = Field(title="Customer", json_schema_extra={"x-widget": "expression"})
    text: str = Field(min_length=1, max_length=20_000, title="Text", json_schema_extra={"x-widget": "template"})
    kind: Literal["note", "call"] = Field(default="note", title="Kind")


Call = tuple[StepContext, Config]


def run_batch(calls: Sequence[Call]) -> list[Done]:
    context = calls[0][0]
    written = add_activities(
        actor=context.run.actor, items=[_entry(config) for _, config in calls], origin=origin_of(context)
    )
    return [Done({"activity": row.pk, "customer": row.customer_id}) for row in written]


def _entry(config: Config) -> NewActivity:
    """The first line is the summary; a longer text is kept whole below it."""
    text = config.text.strip() or "—"
    summary = text.split("\n", 1)[0][:200]
    return NewActivity(config.customer, summary, ActivityKind(config.kind), text if text != summary else "")


def run(context: StepContext, config: Config) -> Outcome:
    return run_batch([(context, config)])[0]


STEP = StepType(
    key="add_note",
    title="Add note",
    family=Family.CRM,
    description="Write a note or a call on a customer's timeline.",
    effect=Effect.LOCAL,
    needs=(("create", "activity"),),
    config=Config,
    run=run,
    run_batch=run_batch,
    output={"type": "object", "properties": {"activity": {"type": "integer"}, "customer": {"type": "integer"}}},
    icon="note",
)
