"""HTTP request: calls another system, through a connection or without."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from agents.calls import call
from agents.services.connections import find_connection
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType


class Config(StepConfig):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(default="GET", title="Method")
    url: str = Field(
        min_length=1, max_length=2000, title="Address", description="With a connection, what follows its address.",
        json_schema_extra={"x-widget": "template"},
    )  # fmt: skip
    headers: dict[str, str] = Field(default_factory=dict, title="Headers", json_schema_extra={"x-widget": "key-values"})
    body: Any = Field(default=None, title="Body", json_schema_extra={"x-widget": "json"})
    connection: str = Field(
        default="", title="Connection", json_schema_extra={"x-options": "/api/v1/connections?kind=http"}
    )
    timeout: float = Field(default=20, gt=0, le=60, title="Timeout in seconds")


def run(context: StepContext, config: Config) -> Outcome:
    connection = find_connection(actor=context.run.actor, name=config.connection) if config.connection else None
    return Done(
        call(
            context, config.method, config.url, headers=config.headers, body=config.body,
            connection=connection, timeout=config.timeout,
        )
    )  # fmt: skip


STEP = StepType(
    key="http_request",
    title="HTTP request",
    family=Family.CONNECT,
    description="Call another system over HTTP; public addresses only.",
    effect=Effect.KEYED,
    config=Config,
    run=run,
    output={"type": "object", "properties": {"status": {"type": "integer"}, "body": {}}},
    icon="globe",
    cacheable=True,
    only_asks=lambda config: config.get("method", "GET") == "GET",
)
