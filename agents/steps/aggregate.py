"""Aggregate: one value of many."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType

Function = Literal["sum", "count", "mean", "min", "max"]


class Config(StepConfig):
    values: list[Any] = Field(title="Values", json_schema_extra={"x-widget": "expression"})
    function: Function = Field(default="sum", title="Make", description="Empty values are left out.")


def run(context: StepContext, config: Config) -> Outcome:
    values = [value for value in config.values if value is not None]
    if config.function == "count":
        return Done({"value": len(values), "count": len(values)})
    if any(isinstance(value, bool) or not isinstance(value, (int, float)) for value in values):
        raise StepError(f"{config.function} works on numbers only. Choose the numbers in Values.", code="not_numbers")
    return Done({"value": _value(config.function, values), "count": len(values)})


def _value(function: Function, values: list[float]) -> float | None:
    if function == "sum":
        return sum(values)
    if not values:
        return None
    return {"min": min, "max": max}[function](values) if function != "mean" else sum(values) / len(values)


STEP = StepType(
    key="aggregate",
    title="Sum or reduce",
    family=Family.DECISION,
    description="Sum, count, mean, least or greatest of a list of numbers.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={"type": "object", "properties": {"value": {"type": "number"}, "count": {"type": "integer"}}},
    icon="sum",
)
