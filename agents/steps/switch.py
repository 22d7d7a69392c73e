"""Switch: the first case that holds."""

from __future__ import annotations

from pydantic import Field, StrictBool, field_validator

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType

OTHERWISE = "else"


class Case(StepConfig):
    name: str = Field(min_length=1, max_length=40, title="Name")
    when: StrictBool = Field(title="When", json_schema_extra={"x-widget": "expression"})


class Config(StepConfig):
    cases: list[Case] = Field(min_length=1, max_length=20, title="Cases", description="The first that holds is taken.")

    @field_validator("cases")
    @classmethod
    def _names_differ(cls, cases: list[Case]) -> list[Case]:
        names = [case.name for case in cases]
        if len(set(names)) < len(names) or OTHERWISE in names or "error" in names:
            raise ValueError("Give each case a name of its own, other than “else” and “error”.")
        return cases


def run(context: StepContext, config: Config) -> Outcome:
    taken = next((case.name for case in config.cases if case.when), OTHERWISE)
    return Done({"case": taken}, port=taken)


STEP = StepType(
    key="switch",
    title="Switch",
    family=Family.DECISION,
    description="Go the way of the first case that holds.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    ports=(OTHERWISE,),
    dynamic_ports="cases",
    output={"type": "object", "properties": {"case": {"type": "string"}}},
    icon="switch",
)
