"""Repeats runs: from the beginning, with the same input or another, or from one of their steps."""

from __future__ import annotations

from crm import audit
from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import require
from workflows.engine.repeat import NotFrom, repeat_from
from workflows.engine.start import AlreadyStarted, start
from workflows.models import Run
from workflows.services.runs import checked_input
from workflows.states import RunState
from workflows.steps import JSON

SAME, LATEST = "same", "latest"


def repeat_run(
    *, actor: Actor, run: Run, input: JSON = None, from_node: str = "", version: str = SAME, key: str | None = None
) -> Run:
    """A new run; with a key that was used before for its workflow, the run that it was used for."""
    require(actor, "retry", run)
    _check(run, input, from_node, version)
    before = {"repeats": run.number, "from": from_node or None}

    def opened(new: Run) -> None:
        audit.record_one(actor=actor, action="run.repeated", target=new, after={"workflow": run.workflow.key, **before})

    by = (actor.id, actor.name)
    try:
        if from_node:
            return repeat_from(old=run, node=from_node, started_by=by, key=key, opened=opened)
        given = checked_input(run.input if input is None else input)
        chosen = run.version_id if version == SAME else _latest(run)
        return start(
            version_id=chosen, given=given, started_by=by, trigger=run.trigger or None, key=key, opened=opened,
            repeats=run.pk,
        )  # fmt: skip
    except AlreadyStarted as already:
        return Run.objects.get(pk=already.run_id)
    except NotFrom as error:
        raise InvalidInput(str(error), code="not_repeatable_from") from error


def _check(run: Run, given: JSON, from_node: str, version: str) -> None:
    if version not in (SAME, LATEST):
        raise InvalidInput("The version is “same” or “latest”.", code="bad_version")
    if from_node and (given is not None or version != SAME):
        raise InvalidInput(
            "From a step a run is repeated with the input and the version that it had: what came before the step was "
            "made from them. To change either, repeat it from the beginning.",
            code="not_repeatable_so",
        )
    if from_node and run.state == RunState.RUNNING:
        raise Conflict(
            f"Run {run.number} is still open. Wait for its end, or cancel it first; then repeat it from a step.",
            code="run_open",
        )


def _latest(run: Run) -> int:
    if run.workflow.published_id is None:
        raise Conflict(f"“{run.workflow.name}” has no published version.", code="not_published")
    return run.workflow.published_id
