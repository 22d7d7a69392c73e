"""Refund: gives a payment back, once however often the step is tried. The compensation of a payment."""

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
    payment: str = Field(
        default="", max_length=200, title="Payment", description="Its id; empty: the one that is undone.",
        json_schema_extra={"x-widget": "template"},
    )  # fmt: skip
    reason: str = Field(default="", max_length=200, title="Reason", json_schema_extra={"x-widget": "template"})


def run(context: StepContext, config: Config) -> Outcome:
    payment = config.payment or _payment_id(context.input)
    if not payment:
        raise StepError("There is no payment to give back. Set its id in the step.", code="no_payment")
    connection = find_connection(actor=context.run.actor, name=config.connection)
    answer = call(
        context, "POST", f"payments/{payment}/refunds", connection=connection,
        body={"reason": config.reason or f"Run {context.run.number} was rolled back"},
    )  # fmt: skip
    return Done({"refund": answer["body"], "payment": payment})


def _payment_id(given: Any) -> str:
    payment = given.get("payment") if isinstance(given, Mapping) else None
    return str(payment.get("id") or "") if isinstance(payment, Mapping) else ""


STEP = StepType(
    key="refund",
    title="Refund",
    family=Family.CONNECT,
    description="Give a payment back through a payment connection; the usual undo of a payment.",
    effect=Effect.KEYED,
    needs=(("use", "connection"),),
    config=Config,
    run=run,
    output={"type": "object", "properties": {"refund": {"type": "object"}, "payment": {"type": "string"}}},
    icon="card",
)
