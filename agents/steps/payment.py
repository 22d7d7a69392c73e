"""Payment: charges an amount through a payment connection, once however often the step is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agents.calls import call
from agents.services.connections import find_connection
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType


class Config(StepConfig):
    connection: str = Field(
        default="payments", title="Connection", json_schema_extra={"x-options": "/api/v1/connections?kind=payment"}
    )
    amount: float | None = Field(
        default=None, gt=0, title="Amount", description="Empty: the amount in what the step before gave.",
        json_schema_extra={"x-widget": "expression"},
    )  # fmt: skip
    currency: str = Field(default="", max_length=3, title="Currency", description="Empty: the input's, else EUR.")
    reference: str = Field(default="", max_length=200, title="Reference", json_schema_extra={"x-widget": "template"})


def run(context: StepContext, config: Config) -> Outcome:
    order = _order(context.input)
    amount = order.get("amount") if config.amount is None else config.amount
    if isinstance(amount, bool) or not isinstance(amount, (int, float)) or amount <= 0:
        raise StepError("There is no amount above 0 to pay. Set it in the step.", code="no_amount")
    reference = config.reference or order.get("reference") or order.get("id") or f"run {context.run.number}"
    connection = find_connection(actor=context.run.actor, name=config.connection)
    answer = call(
        context, "POST", "payments", connection=connection,
        body={
            "amount": amount,
            "currency": config.currency or order.get("currency") or "EUR",
            "reference": str(reference),
        },
    )  # fmt: skip
    return Done({"payment": answer["body"], "amount": amount})


def _order(given: Any) -> Mapping[str, Any]:
    """A scorecard passes what it judged on under `data`."""
    if not isinstance(given, Mapping):
        return {}
    inner = given.get("data")
    return inner if isinstance(inner, Mapping) else given


STEP = StepType(
    key="payment",
    title="Payment",
    family=Family.CONNECT,
    description="Charge an amount through a payment connection.",
    effect=Effect.KEYED,
    needs=(("use", "connection"),),
    config=Config,
    run=run,
    output={"type": "object", "properties": {"payment": {"type": "object"}, "amount": {"type": "number"}}},
    icon="card",
    aliases=("payment_processing",),
)
