"""For each: runs its body once for each item of a list."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from workflows.steps import Effect, Expand, Family, Outcome, StepConfig, StepContext, StepError, StepType

MOST = 100_000


class Config(StepConfig):
    items: list[Any] = Field(
        title="Items", description="A list, such as the kept items of an approval.",
        json_schema_extra={"x-widget": "expression"},
    )  # fmt: skip
    chunk_size: int | None = Field(
        default=None, ge=1, le=500, title="Chunk", description="Items that are worked on together; empty: 200."
    )
    on_error: Literal["continue", "fail"] = Field(
        default="continue", title="If an item fails", description="Go on with the others, or fail at the end."
    )


def run(context: StepContext, config: Config) -> Outcome:
    if len(config.items) > MOST:
        raise StepError(f"A For each takes at most {MOST:,} items, not {len(config.items):,}.", code="too_many_items")
    return Expand(config.items, config.chunk_size)


STEP = StepType(
    key="map",
    title="For each",
    family=Family.FLOW,
    description="Run the steps inside once for each item of a list.",
    effect=Effect.PURE,
    config=Config,
    run=run,
    output={
        "type": "object",
        "properties": {
            "count": {"type": "integer"},
            "succeeded": {"type": "integer"},
            "failed": {"type": "integer"},
            "results": {"type": "array", "items": {}},
            "errors": {"type": "array", "items": {"type": "object"}},
        },
    },
    icon="loop",
    container=True,
)
