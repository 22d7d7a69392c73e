"""Approval: a person says yes or no, and may strike items out of the list."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workflows.services.asking import Question, open_approval
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType, Wait

Role = Literal["admin", "manager", "builder", "operator"]


class Config(StepConfig):
    title: str = Field(min_length=1, max_length=200, title="Title", json_schema_extra={"x-widget": "template"})
    instructions: str = Field(default="", title="Instructions", json_schema_extra={"x-widget": "textarea"})
    items: list[Any] = Field(
        default_factory=list, title="Items",
        description="What is approved, one by one; the person may strike some out.",
        json_schema_extra={"x-widget": "expression"},
    )  # fmt: skip
    what_will_happen: list[str] = Field(
        default_factory=list, title="What will happen", description="One sentence for each thing that a yes causes."
    )
    role: Role = Field(default="manager", title="Asked of", json_schema_extra={"x-widget": "role"})
    due_hours: float | None = Field(default=None, gt=0, le=8760, title="Due in hours")


def run(context: StepContext, config: Config) -> Outcome:
    if context.signal is not None:
        return decided(context.signal, config.items)
    open_approval(
        context=context,
        question=Question(
            title=config.title,
            role=config.role,
            instructions=config.instructions,
            what_will_happen=config.what_will_happen,
            items=config.items,
            due_hours=config.due_hours,
        ),
    )
    return Wait(person=True)


def decided(signal: dict[str, Any], items: list[Any]) -> Done:
    """The items that were kept, by position, so that two equal ones are told apart."""
    struck = set(signal.get("struck") or ())
    return Done(
        {
            "decision": signal["decision"],
            "by": signal["by"],
            "reason": signal.get("reason", ""),
            "items": [item for position, item in enumerate(items) if position not in struck],
            "struck": [item for position, item in enumerate(items) if position in struck],
        },
        port=signal["decision"],
    )


STEP = StepType(
    key="approval",
    title="Approval",
    family=Family.PEOPLE,
    description="Ask a person to approve a list; they see each item and may strike some out.",
    effect=Effect.LOCAL,
    config=Config,
    run=run,
    ports=("approved", "rejected"),
    output={
        "type": "object",
        "properties": {
            "decision": {"type": "string"},
            "by": {"type": "string"},
            "reason": {"type": "string"},
            "items": {"type": "array", "items": {}},
            "struck": {"type": "array", "items": {}},
        },
    },
    icon="approve",
    waits=True,
)
