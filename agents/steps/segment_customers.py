"""Customers of a segment: reads those that the run may see."""

from __future__ import annotations

from pydantic import Field

from crm.models import Segment
from crm.permissions import scope
from crm.selectors.segments import segment_customers
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType

MOST = 20_000


class Config(StepConfig):
    segment: int | str = Field(
        title="Segment", json_schema_extra={"x-widget": "segment", "x-options": "/api/v1/segments"}
    )
    limit: int = Field(default=MOST, ge=1, le=MOST, title="At most")


def run(context: StepContext, config: Config) -> Outcome:
    actor = context.run.actor
    segments = scope(actor, Segment.objects.all())
    by_number = isinstance(config.segment, int) or config.segment.isdigit()
    segment = segments.filter(pk=config.segment).first() if by_number else None
    segment = segment or segments.filter(name=config.segment).first()
    if segment is None:
        raise StepError(f"There is no segment {config.segment!r}. Choose another in the step.", code="no_such_segment")
    rows = segment_customers(actor=actor, segment=segment).order_by("pk").values("id", "name", "email")
    customers = list(rows[: config.limit])
    return Done({"customers": customers, "count": len(customers)})


STEP = StepType(
    key="segment_customers",
    title="Customers of a segment",
    family=Family.CRM,
    description="Read the customers that a segment's condition fits.",
    effect=Effect.PURE,
    reads=True,
    cacheable=True,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "count": {"type": "integer"},
            "customers": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "integer"},
                        "name": {"type": "string"},
                        "email": {"type": "string"},
                    },
                },
            },
        },
    },
    icon="people",
)
