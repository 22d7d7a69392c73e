"""How a step is carried out, beside what it does: retries, limits, joins, failure. And the settings of a workflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

JSON = Any
NODE_ID = r"^[a-z][a-z0-9_]{0,39}$"
YEAR = 366 * 86_400


def _words(**words: str) -> JSON:
    """What the designer calls each choice."""
    return {"x-words": words}


def _when(field: str, *values: str) -> JSON:
    """Asked only where the other field has one of the values, or any."""
    return {"x-when": {"field": field, "values": list(values)}}


Seconds = Annotated[float, Field(gt=0, le=YEAR, strict=True)]
Priority = Annotated[int, Field(ge=-9, le=9, strict=True)]


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Retry(_Policy):
    max_attempts: int = Field(default=1, ge=1, le=20, strict=True, title="Tries")
    backoff_seconds: float = Field(
        default=5, ge=0, le=86_400, strict=True, title="Pause in seconds", json_schema_extra=_when("max_attempts")
    )
    factor: float = Field(
        default=2, ge=1, le=10, strict=True, title="Each pause longer by", json_schema_extra=_when("max_attempts")
    )
    # Codes of errors; empty: those that say themselves that they may pass.
    on: tuple[Annotated[str, Field(max_length=60)], ...] = Field(
        default=(), max_length=20, title="Only on these errors", description="Their codes, such as http_error.",
        json_schema_extra=_when("max_attempts"),
    )  # fmt: skip


class Join(_Policy):
    """When a step that several edges lead to begins; the branches that it does not wait for are cancelled."""

    mode: Literal["all", "any", "first"] = Field(
        default="all", title="Goes on after",
        json_schema_extra=_words(all="All branches", any="Whichever comes first", first="A number of branches"),
    )  # fmt: skip
    count: int = Field(default=1, ge=1, le=500, title="Number of branches", json_schema_extra=_when("mode", "first"))
    deadline_seconds: Seconds | None = Field(
        default=None, title="At the latest after", description="Seconds since the branches parted."
    )

    @property
    def is_early(self) -> bool:
        return self.mode != "all" or self.deadline_seconds is not None

    @property
    def needed(self) -> int | None:
        """Branches that must come, or None for all."""
        return {"all": None, "any": 1, "first": self.count}[self.mode]


class Limit(_Policy):
    """How many may be at it at once, and how often, for one key."""

    key: str = Field(
        default="", max_length=300, title="Counted by",
        description="A template such as {{ input.id }}; empty: one limit for all.",
        json_schema_extra={"x-widget": "template-line"},
    )  # fmt: skip
    at_once: int | None = Field(default=None, ge=1, le=1000, title="At once")
    when_full: Literal["queue", "skip", "replace", "debounce"] = Field(
        default="queue", title="When full",
        json_schema_extra=_words(
            queue="Wait for a place", skip="Leave it out", replace="The newest takes the place",
            debounce="Only the last, after a quiet time",
        ),
    )  # fmt: skip
    seconds: Seconds | None = Field(
        default=None, title="Quiet time in seconds", json_schema_extra=_when("when_full", "debounce")
    )
    rate: int | None = Field(default=None, ge=1, le=100_000, title="At most, in a time")
    per_seconds: Seconds = Field(default=1.0, title="That time in seconds", json_schema_extra=_when("rate"))

    @model_validator(mode="after")
    def _limits_something(self) -> Limit:
        if self.when_full == "debounce" and self.seconds is None:
            raise ValueError("Say how many seconds of quiet a debounce waits for.")
        if self.when_full != "debounce" and self.at_once is None and self.rate is None:
            raise ValueError("Say how many at once, or how many in which time.")
        return self


class Policies(_Policy):
    """The optional keys of a node that are the same for every step type."""

    retry: Retry | None = Field(default=None, title="Try again")
    timeout_seconds: Seconds | None = Field(default=None, title="Seconds a try may take")
    cache_minutes: Annotated[float, Field(gt=0, le=1440, strict=True)] | None = Field(
        default=None, title="Minutes", description="The same input gets the same answer without asking again."
    )
    # What follows when its tries are spent and it has no error edge: its run fails, or a person decides.
    on_failure: Literal["fail", "ask"] = Field(
        default="fail", title="When its tries are spent",
        json_schema_extra=_words(fail="The run fails", ask="A person decides"),
    )  # fmt: skip
    on_uncertain: Literal["park", "retry", "probe"] | None = Field(
        default=None, title="If it may have happened",
        json_schema_extra=_words(park="A person decides", retry="Do it again", probe="Ask the other side"),
    )  # fmt: skip
    undoes: Annotated[str, Field(pattern=NODE_ID)] | None = Field(default=None, title="Undoes")
    priority: Priority | None = Field(default=None, title="Priority", description="-9 to 9; higher goes first.")
    join: Join | None = Field(default=None, title="Join")
    limit: Limit | None = Field(default=None, title="Limit")


class Settings(_Policy):
    """Of a whole workflow; they hold for each of its runs."""

    deadline_seconds: Seconds | None = Field(default=None, title="Seconds a run may take")
    on_failure: str = Field(
        default="", max_length=80, title="When a run fails, start the workflow",
        json_schema_extra={"x-options": "/api/v1/workflows", "x-option-value": "key"},
    )  # fmt: skip
    priority: Priority = Field(default=0, title="Priority", description="-9 to 9; higher goes first.")
    limit: Limit | None = Field(default=None, title="Limit")
    keep_days: int | None = Field(default=None, ge=1, le=3660, title="Keep runs for days")


NAMES = tuple(Policies.model_fields)


def read_policies(node: Mapping[str, JSON]) -> Policies:
    """The policies of a node of a document; raises pydantic's ValidationError."""
    return Policies.model_validate({name: node[name] for name in NAMES if node.get(name) not in (None, {}, "")})


def written(model: BaseModel) -> dict[str, JSON]:
    """What differs from the defaults, as the document holds it."""
    written: dict[str, JSON] = model.model_dump(mode="json", exclude_defaults=True)
    # A policy that was given and says what is usual is none the less given: one attempt is not “as you like”.
    usual = {name: getattr(model, name).model_dump(mode="json", exclude_none=True) for name in written
             if written[name] == {}}  # fmt: skip
    return {**written, **usual}


def faults(error: ValidationError) -> Iterator[tuple[str, str]]:
    """(dotted path, sentence) of each fault."""
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        message = one["msg"].removeprefix("Value error, ")
        yield ".".join(map(str, one["loc"])), message if message.endswith(".") else f"{message}."
