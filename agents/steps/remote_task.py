"""Remote worker: leaves the work to a program elsewhere that claims it over REST, in any language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import Field, field_validator

from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepType

KEY = "remote_task"
DEFAULT_QUEUE = "default"
QUEUE = r"^[a-z0-9][a-z0-9_-]{0,39}$"


class Port(StepConfig):
    name: str = Field(min_length=1, max_length=40, title="Name")


class Config(StepConfig):
    queue: str = Field(
        default=DEFAULT_QUEUE, pattern=QUEUE, title="Queue", description="Workers claim from the queues they name.",
        json_schema_extra={"x-fixed": True},
    )  # fmt: skip
    input: Any = Field(
        default=None, title="Input", description="Empty: what the step before gave.",
        json_schema_extra={"x-widget": "json"},
    )  # fmt: skip
    ports: list[Port] = Field(
        default_factory=list, max_length=20, title="Ways out", description="Beside “out”; the worker names one.",
        json_schema_extra={"x-fixed": True},
    )  # fmt: skip

    @field_validator("ports")
    @classmethod
    def _names_differ(cls, ports: list[Port]) -> list[Port]:
        names = [port.name for port in ports]
        if len(set(names)) < len(names) or "out" in names or "error" in names:
            raise ValueError("Give each way out a name of its own, other than “out” and “error”.")
        return ports


@dataclass(frozen=True)
class Order(Done):
    """What the worker is told. The step stays in its hands until it says what came of it."""

    index: int = 0
    idempotency_key: str = ""
    config: Config = field(default_factory=Config)


def run(context: StepContext, config: Config) -> Outcome:
    given = context.input if config.input is None else config.input
    return Order(given, index=context.index, idempotency_key=context.idempotency_key, config=config)


STEP = StepType(
    key=KEY,
    title="Remote worker",
    family=Family.CONNECT,
    description="Wait for a worker elsewhere to claim this step over REST and carry it out.",
    # The worker has the key; what it does with it is its own word.
    effect=Effect.KEYED,
    config=Config,
    run=run,
    dynamic_ports="ports",
    icon="plug",
    waits=True,
    remote=True,
)
