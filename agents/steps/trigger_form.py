"""Trigger: somebody fills in a form of the workflow's own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class FormField(StepConfig):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", title="Name")
    label: str = Field(min_length=1, max_length=100, title="Label")
    type: Literal["text", "long_text", "email", "number", "date", "boolean", "choice"] = Field(
        default="text", title="Type"
    )
    choices: list[str] = Field(default_factory=list, max_length=50, title="Choices")
    required: bool = Field(default=True, title="Required")
    help: str = Field(default="", max_length=300, title="Help")


class Config(StepConfig):
    title: str = Field(default="Contact us", min_length=1, max_length=120, title="Title")
    intro: str = Field(default="", max_length=2000, title="Introduction", json_schema_extra={"x-widget": "textarea"})
    fields: list[FormField] = Field(
        default=[FormField(name="email", label="Email", type="email"),
                 FormField(name="message", label="Message", type="long_text")],
        min_length=1, max_length=30, title="Fields",
    )  # fmt: skip
    button: str = Field(default="Send", min_length=1, max_length=40, title="Button")
    thanks: str = Field(
        default="Thank you. We have your answers.",
        min_length=1,
        max_length=2000,
        title="Thank-you text",
        json_schema_extra={"x-widget": "textarea"},
    )
    members_only: bool = Field(
        default=False, title="Members only", description="Whoever fills it in has to log in. Else everybody may."
    )

    @model_validator(mode="after")
    def _fields_make_a_form(self) -> Config:
        names = [field.name for field in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("Two fields have the same name.")
        for field in self.fields:
            if field.type == "choice" and not any(choice.strip() for choice in field.choices):
                raise ValueError(f"“{field.label}” needs choices.")
        return self


def run(context: StepContext, config: StepConfig) -> Outcome:
    return Done(context.run.input)


STEP = StepType(
    key="trigger_form",
    title="Form",
    family=Family.TRIGGER,
    description="Somebody fills in a form at an address of its own, and the run gets the answers.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "answers": {"type": "object"},
            "by": {"type": "string"},
            "submitted_at": {"type": "string"},
        },
    },
    icon="note",
)
