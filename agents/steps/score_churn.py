"""Score churn: the risk of each customer, all at once, with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from agents.origin import origin_of
from agents.services.models import Scored, current_scorer, score_customers, shown_reasons
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType


class Config(StepConfig):
    customers: list[Any] = Field(
        title="Customers",
        description="A list of customers, such as a segment's, or of their ids.",
        json_schema_extra={"x-widget": "expression"},
    )


def run(context: StepContext, config: Config) -> Outcome:
    return run_batch([(context, config)])[0]


def run_batch(calls: Sequence[tuple[StepContext, Config]]) -> list[Done]:
    """All customers of a chunk's items in one go, each told to whoever asked for it."""
    asked = [[_id_of(customer) for customer in config.customers] for _, config in calls]
    context, scorer = calls[0][0], current_scorer()
    scored = score_customers(
        actor=context.run.actor,
        customer_ids={one for ids in asked for one in ids},
        origin=origin_of(context, model=scorer.name or ""),
    )
    return [_told([one for one in scored if one.customer_id in set(ids)], scorer.name) for ids in asked]


def _told(scored: Sequence[Scored], model: str | None) -> Done:
    return Done({"customers": [_shown(one) for one in scored], "count": len(scored), "model": model})


def _id_of(customer: Any) -> int:
    found = customer.get("id") if isinstance(customer, dict) else customer
    if isinstance(found, bool) or not isinstance(found, int):
        raise StepError("Give a list of customers, or of their numbers.", code="not_customers")
    return found


def _shown(scored: Scored) -> dict[str, Any]:
    reasons = shown_reasons(scored.prediction)
    rising = [f"{one['field']} {one['value']}" for one in reasons if float(str(one["contribution"])) > 0]
    return {
        "id": scored.customer_id,
        "name": scored.name,
        "email": scored.email,
        "probability": round(scored.prediction.probability, 4),
        "reasons": reasons,
        # What goes together with the risk, not what causes it.
        "why": f"associated with {', '.join(rising)}" if rising else "nothing raises it",
    }


STEP = StepType(
    key="score_churn",
    title="Score churn",
    family=Family.AI,
    description="Predict for all customers at once how likely each is to leave, and why.",
    effect=Effect.LOCAL,
    needs=(("score", "customer"),),
    config=Config,
    run=run,
    run_batch=run_batch,
    output={
        "type": "object",
        "properties": {
            "count": {"type": "integer"},
            "model": {"type": "string"},
            "customers": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "id": {"type": "integer"},
                        "name": {"type": "string"},
                        "email": {"type": "string"},
                        "probability": {"type": "number"},
                        "why": {"type": "string"},
                        "reasons": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {
                                    "field": {"type": "string"},
                                    "value": {},
                                    "contribution": {"type": "number"},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
    icon="gauge",
)
