"""Validate data: checks a value against a list of fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType

Kind = Literal["any", "text", "number", "boolean", "list", "object"]
_KINDS: dict[str, tuple[type, ...]] = {
    "any": (object,),
    "text": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
}


class Rule(StepConfig):
    field: str = Field(min_length=1, max_length=100, title="Field")
    type: Kind = Field(default="any", title="Type")
    required: bool = Field(default=True, title="Required")
    minimum: float | None = Field(default=None, title="At least")
    maximum: float | None = Field(default=None, title="At most")


class Config(StepConfig):
    data: Any = Field(
        default=None, title="Data", description="Empty: what the step before gave.",
        json_schema_extra={"x-widget": "expression"},
    )  # fmt: skip
    rules: list[Rule] = Field(
        default_factory=list, title="Rules", description="Empty: an object with at least one field."
    )


def run(context: StepContext, config: Config) -> Outcome:
    data = context.input if config.data is None else config.data
    if not isinstance(data, Mapping) or not data:
        message = "The data must be an object with at least one field."
        raise StepError(message, code="data_invalid", details=[{"field": "", "message": message}])
    problems = [problem for rule in config.rules for problem in check(rule, data)]
    if problems:
        listed = "; ".join(f"{one['field']}: {one['message']}" for one in problems[:5])
        raise StepError(f"The data are not valid. {listed}", code="data_invalid", details=problems)
    return Done(dict(data))


def check(rule: Rule, data: Mapping[str, Any]) -> list[dict[str, str]]:
    value = data.get(rule.field)
    if value is None:
        return [{"field": rule.field, "message": "is missing"}] if rule.required else []
    is_boolean = isinstance(value, bool)
    if not isinstance(value, _KINDS[rule.type]) or (is_boolean and rule.type == "number"):
        return [{"field": rule.field, "message": f"must be of type {rule.type}"}]
    if isinstance(value, (int, float)) and not is_boolean:
        if rule.minimum is not None and value < rule.minimum:
            return [{"field": rule.field, "message": f"must be at least {rule.minimum:g}"}]
        if rule.maximum is not None and value > rule.maximum:
            return [{"field": rule.field, "message": f"must be at most {rule.maximum:g}"}]
    return []


STEP = StepType(
    key="validate_data",
    title="Validate data",
    family=Family.DECISION,
    description="Check that data have the fields they need; fail with a list of what is wrong.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    icon="check",
    aliases=("data_validation",),
)
