"""Moves a run to another version of its workflow, or cancels it and begins it anew there."""

from __future__ import annotations

from collections.abc import Mapping

from crm import audit
from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import require
from workflows.engine import moving
from workflows.engine.start import AlreadyStarted, UnknownTrigger, start
from workflows.models import Run, Version
from workflows.services.run_control import past_deadlocks
from workflows.services.runs import cancel_run


def move_run(*, actor: Actor, run: Run, version: Version, mapping: Mapping[str, str]) -> None:
    """What the run has not begun follows the other version. Raises Conflict with the reason where it can't."""
    require(actor, "retry", run)
    if version.workflow_id != run.workflow_id:
        raise InvalidInput("The version belongs to another workflow.", code="bad_version")

    def act() -> None:
        if problem := moving.move(run.pk, version.pk, mapping):
            raise Conflict(problem, code="not_movable")
        audit.record_one(
            actor=actor, action="run.moved", target=run, before={"version": run.version.number},
            after={"version": version.number, "mapping": dict(mapping)},
        )  # fmt: skip

    past_deadlocks(act)


def restart_run(*, actor: Actor, run: Run, version: Version) -> Run:
    """Cancels the run, which undoes what it did, and begins anew with the same input; once per run."""
    require(actor, "retry", run)

    def act() -> Run:
        cancel_run(actor=actor, run=run)
        try:
            fresh = start(
                version_id=version.pk, given=run.input, started_by=(actor.id, actor.name), trigger=run.trigger or None,
                key=f"restart:{run.pk}", repeats=run.pk,
            )  # fmt: skip
        except (AlreadyStarted, UnknownTrigger) as error:
            raise Conflict(f"It can't begin anew: {error}", code="not_restartable") from error
        audit.record_one(
            actor=actor, action="run.restarted", target=fresh,
            after={"repeats": run.number, "version": version.number},
        )  # fmt: skip
        return fresh

    return past_deadlocks(act)
