"""Does the same to many runs because a person asked: a row holds the wish and how far it is, a worker does it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from crm import audit
from crm.actors import Actor, actor_of
from crm.errors import Conflict, InvalidInput, RapportError
from crm.permissions import require
from workflows.models import OPEN_BATCH, BatchKind, BatchState, Run, RunBatch, Version, Workflow
from workflows.selectors.causes import retry_key, runs_of_cause, subject_of
from workflows.services.run_moves import move_run, restart_run
from workflows.services.run_repeat import repeat_run

logger = logging.getLogger(__name__)

UNHEARD = timedelta(seconds=10)  # the message was lost
LOST = timedelta(minutes=2)  # a run takes milliseconds; its worker is gone
REFUSALS_KEPT = 100


def retry_all(*, actor: Actor, workflow: Workflow, node: str, code: str) -> RunBatch:
    """Repeats each run that failed of this cause from the step that failed; each once, however often it is asked."""
    require(actor, "retry", Run)
    runs = runs_of_cause(actor=actor, workflow=workflow, node=node, code=code)
    if not runs:
        raise Conflict("All runs that failed of this were retried already.", code="nothing_to_retry")
    return begin_batch(actor=actor, kind=BatchKind.RETRY, workflow=workflow, subject=subject_of(node, code), runs=runs)


@transaction.atomic
def begin_batch(
    *, actor: Actor, kind: BatchKind, workflow: Workflow, subject: str, runs: Sequence[UUID],
    version: Version | None = None, mapping: dict[str, str] | None = None,
) -> RunBatch:  # fmt: skip
    try:
        with transaction.atomic():
            batch = RunBatch.objects.create(
                kind=kind, workflow=workflow, subject=subject[:200], runs=[str(run) for run in runs],
                version=version, mapping=mapping or {}, asked_by_id=actor.member_id,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict("This is being done already. Wait for it to end.", code="batch_goes_on") from error
    audit.record_one(
        actor=actor, action=f"runs.{kind.value}", target=workflow, after={"subject": subject, "runs": len(runs)}
    )
    send = import_string(settings.BACKGROUND_DISPATCHER)
    transaction.on_commit(lambda: send("runs", batch.pk), robust=True)
    return batch


def run_pending_batches() -> int:
    """Takes up what nobody heard of, and what lost its worker."""
    now = timezone.now()
    left = RunBatch.objects.filter(state=BatchState.QUEUED, asked_at__lt=now - UNHEARD) | RunBatch.objects.filter(
        state=BatchState.RUNNING, touched_at__lt=now - LOST
    )
    found = list(left.values_list("pk", flat=True))
    for batch in found:
        run_batch(batch)
    return len(found)


def run_batch(batch_id: int) -> None:
    """From where it is; does nothing where another worker is at it."""
    if not _take(batch_id):
        return
    while True:
        try:
            if not _treat_next(batch_id):
                return
        except (OperationalError, InterfaceError):
            raise  # taken up again later
        except Exception:
            logger.exception("Runs of batch %s could not be treated", batch_id)
            RunBatch.objects.filter(pk=batch_id).update(state=BatchState.FAILED, ended_at=timezone.now())
            return


def _take(batch_id: int) -> bool:
    now = timezone.now()
    mine = RunBatch.objects.filter(pk=batch_id)
    mine = mine.filter(state=BatchState.QUEUED) | mine.filter(state=BatchState.RUNNING, touched_at__lt=now - LOST)
    return bool(mine.update(state=BatchState.RUNNING, touched_at=now))


@transaction.atomic
def _treat_next(batch_id: int) -> bool:
    """One run and the note that it is done, together: a crash leaves both or neither. False at the end."""
    batch = RunBatch.objects.select_for_update(of=("self",)).select_related("workflow", "asked_by").get(pk=batch_id)
    if batch.state not in OPEN_BATCH:
        return False
    if batch.done >= len(batch.runs):
        batch.state, batch.ended_at = BatchState.DONE, timezone.now()
        batch.save(update_fields=["state", "ended_at"])
        return False
    run_id = batch.runs[batch.done]
    try:
        with transaction.atomic():
            _treat(batch, run_id)
    except RapportError as error:
        if len(batch.refused) < REFUSALS_KEPT:
            batch.refused = [*batch.refused, {"run": run_id, "why": error.detail}]
    batch.done += 1
    batch.touched_at = timezone.now()
    batch.save(update_fields=["done", "refused", "touched_at"])
    return True


def _treat(batch: RunBatch, run_id: str) -> None:
    run = Run.objects.select_related("workflow", "version").filter(pk=run_id).first()
    if run is None:
        raise InvalidInput("The run is not there any more.", code="run_gone")
    if batch.asked_by is None or not batch.asked_by.is_active:
        raise InvalidInput("Whoever asked for this is gone.", code="nobody_asks")
    # With the rights that they have by now.
    actor = actor_of(batch.asked_by)
    if batch.kind == BatchKind.RETRY:
        repeat_run(actor=actor, run=run, from_node=_failed_node(run), key=retry_key(run.pk))
    elif batch.version is None:
        raise InvalidInput("The version is gone.", code="version_gone")
    elif batch.kind == BatchKind.MOVE:
        move_run(actor=actor, run=run, version=batch.version, mapping=batch.mapping)
    else:
        restart_run(actor=actor, run=run, version=batch.version)


def _failed_node(run: Run) -> str:
    """Empty where the run failed as a whole, say for its deadline: then it is repeated from the beginning."""
    error: Any = run.error
    return str(error.get("node") or "") if isinstance(error, dict) else ""
