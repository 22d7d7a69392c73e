"""Ask a person: somebody does something, such as a call, and fills in what came of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from agents.steps.approval import Role
from workflows.services.asking import Question, open_approval
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType, Wait


class FormField(StepConfig):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", title="Name")
    label: str = Field(min_length=1, max_length=100, title="Label")
    type: Literal["text", "long_text", "number", "boolean", "choice"] = Field(default="text", title="Type")
    choices: list[str] = Field(default_factory=list, title="Choices")
    required: bool = Field(default=True, title="Required")


class Config(StepConfig):
    title: str = Field(min_length=1, max_length=200, title="Title", json_schema_extra={"x-widget": "template"})
    instructions: str = Field(default="", title="Instructions", json_schema_extra={"x-widget": "template"})
    customer: int | None = Field(default=None, title="Customer", json_schema_extra={"x-widget": "expression"})
    fields: list[FormField] = Field(min_length=1, max_length=20, title="Fields")
    role: Role = Field(default="operator", title="Asked of", json_schema_extra={"x-widget": "role"})
    due_hours: float | None = Field(default=None, gt=0, le=8760, title="Due in hours")


_SHAPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "long_text": {"type": "string", "x-widget": "textarea"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
}


def form_of(fields: list[FormField]) -> dict[str, Any]:
    """The JSON Schema of the answers."""
    properties: dict[str, Any] = {}
    for position, field in enumerate(fields):
        shape = {"type": "string", "enum": field.choices} if field.type == "choice" else _SHAPES[field.type]
        properties[field.name] = {**shape, "title": field.label, "x-order": position}
    return {
        "type": "object",
        "properties": properties,
        "required": [field.name for field in fields if field.required and field.type != "boolean"],
    }


def run(context: StepContext, config: Config) -> Outcome:
    if context.signal is not None:
        signal = context.signal
        return Done({"answers": signal.get("answers") or {}, "by": signal["by"], "reason": signal.get("reason", "")},
                    port="answered" if signal["decision"] == "approved" else "declined")  # fmt: skip
    open_approval(
        context=context,
        question=Question(
            title=config.title,
            role=config.role,
            instructions=config.instructions,
            form=form_of(config.fields),
            customer_id=config.customer,
            due_hours=config.due_hours,
        ),
    )
    return Wait(person=True)


STEP = StepType(
    key="ask_operator",
    title="Ask a person",
    family=Family.PEOPLE,
    description="Ask somebody to do something, such as a call, and to fill in what came of it.",
    effect=Effect.LOCAL,
    config=Config,
    run=run,
    ports=("answered", "declined"),
    output={
        "type": "object",
        "properties": {"answers": {"type": "object"}, "by": {"type": "string"}, "reason": {"type": "string"}},
    },
    icon="chat",
    waits=True,
)
