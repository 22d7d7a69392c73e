"""The contract of a step type: its config schema, ports, effect class and code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from crm.actors import Actor

JSON = Any
JSONSchema = Mapping[str, Any]


class Effect(StrEnum):
    """What a step touches decides how often it may happen when a worker dies."""

    PURE = "pure"  # nothing: recorded once
    LOCAL = "local"  # our own database: exactly once, in the finish's transaction
    KEYED = "keyed"  # outside, told apart by an idempotency key: once in effect
    UNKEYED = "unkeyed"  # outside, can't be told apart: see OnUncertain

    @property
    def is_outside(self) -> bool:
        return self in (Effect.KEYED, Effect.UNKEYED)


class OnUncertain(StrEnum):
    """What to do when a worker died while an unkeyed effect was on its way."""

    RETRY = "retry"  # at least once
    PARK = "park"  # at most once, then a person decides
    PROBE = "probe"  # the target is asked; if it can't tell, a person decides


class Family(StrEnum):
    TRIGGER = "trigger"
    CRM = "crm"
    DECISION = "decision"
    AI = "ai"
    PEOPLE = "people"
    CONNECT = "connect"
    FLOW = "flow"


class StepConfig(BaseModel):
    """Base of all config schemas: unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class RunInfo:
    id: UUID
    number: int
    workflow_id: int
    workflow: str
    version: int
    input: JSON
    actor: Actor  # the run, with the rights of the member who published it
    depth: int = 0  # runs that it was started through

    @property
    def label(self) -> str:
        return f"{self.workflow} v{self.version}"


@dataclass(frozen=True)
class StepContext:
    run: RunInfo
    node: str
    label: str
    item: int  # chunk number under a map, else 0
    index: int  # position in the map's items, else 0
    attempt: int
    input: JSON  # the resolved `inputs`, else the output of the step before
    idempotency_key: str  # the same for every attempt
    signal: JSON | None = None  # what the step waited for, once it came
    waited: bool = False  # it waited for a time, and the time has come
    waited_for_answer: bool = False  # it waited for one; without a signal its time is over
    repeated: int = 0  # times that the body of a step that repeats has run,
    last: JSON = None  # and what it gave last


@dataclass(frozen=True)
class Done:
    output: JSON = None
    port: str = "out"


@dataclass(frozen=True)
class Wait:
    """Come back after `seconds` of the database's clock, at `until`, or when an answer comes."""

    seconds: float | None = None
    until: datetime | None = None
    person: bool = False
    # The end of a run that the step started.
    run: bool = False
    event: AwaitedEvent | None = None

    @property
    def for_answer(self) -> bool:
        return self.person or self.run or self.event is not None


@dataclass(frozen=True)
class AwaitedEvent:
    """An event of the topic whose payload's `field` (dotted) is `value`, and for which the condition holds."""

    topic: str
    field: str = ""
    value: str = ""
    condition: str = ""  # an expression over before, after and input
    # Counts too what happened since the run began, not only from now on.
    since_start: bool = False


@dataclass(frozen=True)
class Expand:
    """Run the body once for each item, in chunks."""

    items: Sequence[JSON]
    chunk_size: int | None = None
    # Chunks under way at the same time; None: all.
    at_once: int | None = None
    # Items that may fail; one more ends the map. None: all may.
    failures_allowed: int | None = None
    # Of a step that repeats its body: how often it did before.
    after: int = 0
    # Of a step that grows: its body, as nodes and edges of a document.
    body: Mapping[str, JSON] | None = None
    # The kinds of step that it may hold; none named: those that are pure.
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Stop:
    """End the run now, with what it came to or with an error; whatever is still open is cancelled."""

    output: JSON = None
    error: str | None = None


Outcome = Done | Wait | Expand | Stop


class StepError(Exception):
    """A step's failure: a stable code and a sentence; `retry` for what may pass by itself."""

    def __init__(
        self, message: str, *, code: str, retry: bool = False, details: JSON = None, uncertain: bool = False
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.retry, self.details = message, code, retry, details
        # The effect may have happened all the same.
        self.uncertain = uncertain

    def as_json(self) -> dict[str, JSON]:
        shown = {"code": self.code, "message": self.message, "details": self.details}
        return {key: value for key, value in shown.items() if value is not None}


C = TypeVar("C", bound=StepConfig)


def _always(config: Mapping[str, JSON]) -> bool:
    return True


# What each item of a chunk came to.
ItemOutcome = Done | StepError


@dataclass(frozen=True)
class StepType(Generic[C]):
    key: str
    title: str
    family: Family
    description: str
    effect: Effect
    config: type[C]
    run: Callable[[StepContext, C], Outcome]
    # A whole chunk at once; without it the items are run one by one.
    run_batch: Callable[[Sequence[tuple[StepContext, C]]], Sequence[ItemOutcome]] | None = None
    ports: tuple[str, ...] = ("out",)
    # The config field (a list of objects with `name`) whose entries are ports too, before `else`.
    dynamic_ports: str | None = None
    output: JSONSchema | None = None
    icon: str = ""
    aliases: tuple[str, ...] = ()
    on_uncertain: OnUncertain = OnUncertain.PARK
    # What the member who publishes must be allowed, as (action, kind): runs act with their rights.
    needs: tuple[tuple[str, str], ...] = ()
    container: bool = False
    # A container whose body runs again and again; `until` in its config is asked after each time.
    repeats: bool = False
    # A container whose body is known only when it runs.
    grows: bool = False
    # It may wait, so under a map it gets a step row an item.
    waits: bool = False
    only_at_top: bool = False
    # The same input gives the same answer for a while, and nothing is changed by asking,
    cacheable: bool = False
    # for such a config, as the document has it.
    only_asks: Callable[[Mapping[str, JSON]], bool] = _always
    # A pure step whose answer depends on what is in the database when it is asked.
    reads: bool = False
    # Asks the target whether an effect happened: its outcome, or None if it did not.
    probe: Callable[[StepContext, C], Done | None] | None = None
    # No agent of ours claims it: a worker elsewhere does, over REST.
    remote: bool = False
    # Places of its agent's capacity that it takes.
    units: int = 1

    @property
    def is_replayable(self) -> bool:
        """What it gives follows from its input alone, now as then."""
        return self.effect is Effect.PURE and not (self.waits or self.reads or self.grows)

    @property
    def can_probe(self) -> bool:
        return self.probe is not None
