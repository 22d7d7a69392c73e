"""Plan: adds steps to the run while it runs, and carries them out."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from workflows.steps import Effect, Expand, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    nodes: list[dict[str, Any]] = Field(
        title="Steps", description="As a workflow's document has them: id, type, config. At most 100.",
        json_schema_extra={"x-widget": "expression"},
    )  # fmt: skip
    allowed: list[str] = Field(
        default_factory=list, max_length=100, title="Allowed steps",
        description="Kinds of step that a plan may hold, such as create_request. Empty: those that change nothing.",
        json_schema_extra={"x-fixed": True},
    )  # fmt: skip
    edges: list[dict[str, Any]] = Field(
        default_factory=list, title="Connections", json_schema_extra={"x-widget": "expression"}
    )


def run(context: StepContext, config: Config) -> Outcome:
    return Expand([context.input], body={"nodes": config.nodes, "edges": config.edges}, kinds=frozenset(config.allowed))


STEP = StepType(
    key="plan",
    title="Plan",
    family=Family.FLOW,
    description="Add steps to this run that are known only now; they are checked, shown and carried out.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    icon="sparkle",
    container=True,
    grows=True,
    only_at_top=True,
)
