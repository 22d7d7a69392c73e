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
    at_once: int | None = Field(
        default=None, ge=1, le=1000, title="At once",
        description="Chunks under way at the same time; steps that wait or send take an item a chunk. Empty: all.",
    )  # fmt: skip
    stop_after: int | None = Field(
        default=None, ge=0, le=MOST, title="Give up after", description="Items that may fail; one more, and it fails."
    )
    stop_after_percent: float | None = Field(
        default=None, ge=0, le=100, title="Give up after percent", description="The same as a share of all items."
    )
    on_error: Literal["continue", "fail"] = Field(
        default="continue", title="If an item fails", description="Go on with the others, or fail at the end."
    )


def run(context: StepContext, config: Config) -> Outcome:
    if len(config.items) > MOST:
        raise StepError(f"A For each takes at most {MOST:,} items, not {len(config.items):,}.", code="too_many_items")
    return Expand(
        config.items, config.chunk_size, at_once=config.at_once, failures_allowed=_allowed(config, len(config.items))
    )


def _allowed(config: Config, items: int) -> int | None:
    """The smaller of the two budgets, if there is any."""
    share = None if config.stop_after_percent is None else int(items * config.stop_after_percent / 100)
    given = [budget for budget in (config.stop_after, share) if budget is not None]
    return min(given) if given else None


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
