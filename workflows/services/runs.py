"""Starts and cancels runs for people and programs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from django.db import OperationalError, transaction

from crm import audit
from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import require
from crm.validation import why_not_kept
from workflows.engine.cancel import cancel
from workflows.engine.decisions import Decision, Verdict, decide, ports_of
from workflows.engine.program import program_of
from workflows.engine.refs import StepRef
from workflows.engine.start import AlreadyStarted, start
from workflows.models import Run, Workflow
from workflows.services.waiting import await_end
from workflows.steps import JSON

logger = logging.getLogger(__name__)

CANCEL_TRIES = 5


def start_run(
    *, actor: Actor, workflow: Workflow, input: JSON = None, trigger: str | None = None, key: str | None = None,
    wait: float | None = None,
) -> Run:  # fmt: skip
    """Starts the published version. With a key, a second start answers the first one's run.

    With `wait` the run is carried on at once, in this process as far as that goes, and answered as it stands when it
    has ended or so many seconds are over.
    """
    require(actor, "run", workflow)
    if workflow.published_id is None:
        raise Conflict(
            f"“{workflow.name}” has no published version yet. Publish it, then run it.", code="not_published"
        )
    given = checked_input({} if input is None else input)

    def begin(*, carry: bool) -> Run:
        return start(
            version_id=workflow.published_id or 0, given=given, started_by=(actor.id, actor.name),
            trigger=trigger, key=key, carry=carry,
            opened=lambda run: audit.record_one(
                actor=actor, action="run.started", target=run, after={"workflow": workflow.key}
            ),
        )  # fmt: skip

    try:
        run = begin(carry=False) if wait is None else _begin_at_once(begin)
    except AlreadyStarted as already:
        run = Run.objects.get(pk=already.run_id)
    return run if wait is None else await_end(run, wait)


def _begin_at_once(begin: Callable[..., Run]) -> Run:
    """Carried on in the transaction that starts the run; if that fails, agents find out why."""
    try:
        return begin(carry=True)
    except AlreadyStarted:
        raise
    except Exception:
        logger.warning("A run could not be carried on at once; agents take it", exc_info=True)
        return begin(carry=False)


def checked_input(given: JSON) -> dict[str, JSON]:
    """Raises InvalidInput for what can't be a run's input."""
    if not isinstance(given, Mapping):
        raise InvalidInput('The input of a run is an object, such as {"order_data": {…}}.', code="input_not_object")
    if fault := why_not_kept(given):
        raise InvalidInput(f"The input can't be kept. {fault}", code="input_not_json")
    return dict(given)


def cancel_run(*, actor: Actor, run: Run) -> None:
    require(actor, "cancel", run)
    for left in reversed(range(CANCEL_TRIES)):
        try:
            with transaction.atomic():
                if not cancel(run.pk):
                    raise Conflict(f"Run {run.number} has ended already; there is nothing to cancel.", code="run_ended")
                audit.record_one(actor=actor, action="run.cancelled", target=run)
            return
        except OperationalError:  # a deadlock with a step that is just finishing
            if left == 0:
                raise


@transaction.atomic
def decide_step(*, actor: Actor, run: Run, ref: StepRef, decision: Decision) -> None:
    """Records what a person decided about a step that is theirs, and goes on from there."""
    require(actor, "retry", run)
    if not decision.reason.strip():
        raise InvalidInput("Say in a word or two why; it is kept with the run.", code="reason_missing")
    if fault := why_not_kept(decision.output):
        raise InvalidInput(f"The output can't be kept. {fault}", code="output_not_json")
    if decision.verdict is Verdict.DONE and decision.port not in _ports(run, ref.node):
        raise InvalidInput(f"The step “{ref.node}” has no way out called “{decision.port}”.", code="bad_port")
    if not decide(ref, decision):
        raise Conflict(f"The step “{ref.node}” waits for no decision any more.", code="not_undecided")
    audit.record_one(
        actor=actor, action="run.step_decided", target=run,
        after={"node": ref.node, "item": ref.item, "verdict": decision.verdict, "reason": decision.reason},
    )  # fmt: skip


def _ports(run: Run, node: str) -> list[str]:
    return ports_of(program_of(run.version_id, run.graph_id), node)


def read_verdict(text: str) -> Verdict:
    try:
        return Verdict(text)
    except ValueError as error:
        raise InvalidInput("The verdict is “retry”, “done” or “failed”.", code="bad_verdict") from error
