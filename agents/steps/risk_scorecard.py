"""Risk scorecard: adds points for each rule that fits, and says which did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType

Operator = Literal["is", "is_not", "at_least", "at_most", "is_missing"]


class Rule(StepConfig):
    field: str = Field(min_length=1, max_length=100, title="Field")
    operator: Operator = Field(default="at_least", title="Compare")
    value: Any = Field(default=None, title="Value")
    points: float = Field(ge=-1000, le=1000, title="Points")
    reason: str = Field(default="", max_length=200, title="Reason")


# For orders, where a workflow brings no rules of its own.
ORDER_RULES = (
    Rule(field="amount", operator="at_least", value=1000, points=40, reason="The amount is 1,000 or more"),
    Rule(field="amount", operator="at_least", value=10000, points=30, reason="The amount is 10,000 or more"),
    Rule(field="customer", operator="is_missing", points=20, reason="No customer is named"),
    Rule(field="new_customer", operator="is", value=True, points=20, reason="The customer is new"),
)


class Config(StepConfig):
    data: Any = Field(
        default=None, title="Data", description="Empty: what the step before gave.",
        json_schema_extra={"x-widget": "expression"},
    )  # fmt: skip
    rules: list[Rule] = Field(default_factory=list, title="Rules", description="Empty: the card for orders.")
    medium: float = Field(default=40, title="Medium from")
    high: float = Field(default=70, title="High from")


def run(context: StepContext, config: Config) -> Outcome:
    data = context.input if config.data is None else config.data
    if not isinstance(data, Mapping):
        raise StepError("A scorecard works on an object with fields.", code="data_invalid")
    hits = [rule for rule in config.rules or ORDER_RULES if fits(rule, data)]
    score = sum(rule.points for rule in hits)
    level = "high" if score >= config.high else "medium" if score >= config.medium else "low"
    reasons = [{"field": rule.field, "points": rule.points, "reason": rule.reason or _words(rule)} for rule in hits]
    return Done({"score": score, "level": level, "reasons": reasons, "data": dict(data)})


def fits(rule: Rule, data: Mapping[str, Any]) -> bool:
    value = data.get(rule.field)
    if rule.operator == "is_missing":
        return value in (None, "")
    if rule.operator in ("is", "is_not"):
        return bool((value == rule.value) == (rule.operator == "is"))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isinstance(rule.value, (int, float)):
        return False
    return value >= rule.value if rule.operator == "at_least" else value <= rule.value


def _words(rule: Rule) -> str:
    return f"{rule.field} {rule.operator.replace('_', ' ')} {'' if rule.value is None else rule.value}".strip()


STEP = StepType(
    key="risk_scorecard",
    title="Risk scorecard",
    family=Family.DECISION,
    description="Add points for each rule that fits; the reasons are kept.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "score": {"type": "number"},
            "level": {"type": "string"},
            "reasons": {"type": "array", "items": {"type": "object"}},
            "data": {"type": "object"},
        },
    },
    icon="shield",
    aliases=("risk_assessment",),
)
