"""Runs: the list, and which of their values a reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When

from crm.actors import Actor
from crm.errors import InvalidInput, NotFound
from crm.permissions import Scope, scope, scope_of
from workflows.graph.compile import END
from workflows.models import Run, Step, Workflow
from workflows.states import RunState, StepState

JSON = Any
PAGE = 50
# What makes a run's row large.
NOT_LISTED = ("input", "output", "workflow__draft", "version__document", "version__compiled")
WAITING = "WAITING"  # a running run of which every open step waits
PAUSED = "PAUSED"
ROLLING_BACK = "ROLLING_BACK"
SHOWN_STATES = (*RunState.values, WAITING, PAUSED, ROLLING_BACK)


@dataclass(frozen=True)
class RunFilter:
    workflow: Workflow | None = None
    state: str = ""
    number: int | None = None
    before: str = ""  # the last run id of the page before


@dataclass(frozen=True)
class RunPage:
    runs: Sequence[Run]
    next: str  # pass as `before`; empty at the end


def visible_runs(actor: Actor) -> QuerySet[Run]:
    # Open steps have an index of their own; all steps would be read for the list of runs.
    open_steps = Step.objects.filter(run_id=OuterRef("pk"), wake_at__isnull=False)
    busy = open_steps.filter(state__in=(StepState.READY, StepState.RUNNING, StepState.UNCERTAIN)).exclude(
        node__startswith=END
    )
    waiting = open_steps.filter(state=StepState.WAITING)
    waits = Case(
        When(~Exists(busy) & Exists(waiting), state=RunState.RUNNING, then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    runs = Run.objects.select_related("workflow", "version").annotate(waits=waits)
    return scope(actor, runs, "read")


def shown_state(run: Run) -> str:
    """What a running run is at, beyond that it has not ended."""
    if run.state != RunState.RUNNING:
        return run.state
    if run.paused_at is not None:
        return PAUSED
    if run.ending:
        return ROLLING_BACK
    return WAITING if getattr(run, "waits", False) else run.state


def list_runs(*, actor: Actor, where: RunFilter, limit: int = PAGE) -> RunPage:
    runs = visible_runs(actor).defer(*NOT_LISTED).order_by("-id")
    if where.workflow is not None:
        runs = runs.filter(workflow=where.workflow)
    if where.number is not None:
        runs = runs.filter(number=where.number)
    if where.state:
        runs = _in_state(runs, where.state)
    if where.before:
        runs = runs.filter(id__lt=_as_uuid(where.before))
    found = list(runs[: limit + 1])
    return RunPage(found[:limit], str(found[limit - 1].pk) if len(found) > limit else "")


def _in_state(runs: QuerySet[Run], state: str) -> QuerySet[Run]:
    if state not in SHOWN_STATES:
        raise InvalidInput(f"There is no state {state!r}; choose one of {', '.join(SHOWN_STATES)}.")
    if state in RunState.values and state != RunState.RUNNING:
        return runs.filter(state=state)
    going = runs.filter(state=RunState.RUNNING)
    if state == PAUSED:
        return going.filter(paused_at__isnull=False)
    going = going.filter(paused_at__isnull=True)
    if state == ROLLING_BACK:
        return going.exclude(ending="")
    return going.filter(Q(("waits", state == WAITING)), ending="")


def get_run(*, actor: Actor, run_id: str | UUID) -> Run:
    try:
        key = _as_uuid(run_id)
    except InvalidInput:
        raise NotFound("There is no such run.") from None
    run = visible_runs(actor).filter(pk=key).first()
    if run is None:
        raise NotFound("There is no such run.")
    return run


def shown_error(actor: Actor, error: JSON) -> JSON:
    """What went wrong; what the other side said to it is for those who may see values."""
    if may_see_values(actor) or not isinstance(error, dict):
        return error
    return {name: value for name, value in error.items() if name != "details"}


def may_see_values(actor: Actor) -> bool:
    """Steps hold the data of any customer, so only who may read every customer sees what they gave."""
    return scope_of(actor, "read", "customer") is Scope.ALL


def _as_uuid(text: str | UUID) -> UUID:
    if isinstance(text, UUID):
        return text
    try:
        return UUID(text)
    except ValueError:
        raise InvalidInput("This is no run id.") from None
