"""Repeat: runs its body again and again, until a condition holds or it was often enough."""

from __future__ import annotations

from pydantic import Field, StrictBool

from workflows.steps import Done, Effect, Expand, Family, Outcome, StepConfig, StepContext, StepError, StepType

MOST = 1_000


class Config(StepConfig):
    until: StrictBool = Field(
        default=False, title="Until",
        description="Asked after each round: item is what the last step inside gave, index the rounds so far. "
        "Empty: as often as said below.",
        json_schema_extra={"x-widget": "expression"},
    )  # fmt: skip
    most: int = Field(default=10, ge=1, le=MOST, title="At most", description="Rounds.")
    when_spent: str = Field(
        default="go_on", pattern="^(go_on|fail)$", title="If it never holds",
        json_schema_extra={"enum": ["go_on", "fail"]},
    )  # fmt: skip


def run(context: StepContext, config: Config) -> Outcome:
    rounds = context.repeated
    if rounds and (config.until or rounds >= config.most):
        if config.when_spent == "fail" and not config.until and "until" in config.model_fields_set:
            raise StepError(f"After {rounds} rounds it still does not hold.", code="rounds_spent")
        return Done({"rounds": rounds, "last": context.last, "held": config.until})
    return Expand([context.last if rounds else context.input], after=rounds)


STEP = StepType(
    key="loop",
    title="Repeat",
    family=Family.FLOW,
    description="Run the steps inside again until a condition holds, at most so often.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {"rounds": {"type": "integer"}, "last": {}, "held": {"type": "boolean"}},
    },
    icon="loop",
    container=True,
    repeats=True,
)
