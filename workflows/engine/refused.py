"""Starts that did not work: kept in the transaction that wanted them, tried again, then left for a person to see."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Now

from crm.errors import RapportError
from workflows.engine.start import AlreadyStarted, start
from workflows.models import RefusedStart, Run, Workflow

logger = logging.getLogger(__name__)

# After the last one it is left to a person.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120))
# A broken workflow under a storm of events must not fill the disk.
MOST_KEPT = 1_000


@dataclass(frozen=True)
class Wanted:
    """A run that a trigger wants."""

    node: str
    given: Mapping[str, Any]
    started_by: tuple[str, str]
    key: str | None = None
    depth: int = 0


def start_or_keep(workflow: Workflow, wanted: Wanted) -> Run | None:
    """Starts the run, inside the caller's transaction; one that can't start is kept in its place."""
    try:
        return _start(workflow, wanted)
    except AlreadyStarted:
        return None
    except OperationalError:
        raise  # the whole transaction is tried again
    except Exception as error:
        # One workflow that can't start must not keep all others from theirs.
        logger.exception("Workflow %s could not start", workflow.key, extra={"node": wanted.node})
        _keep(workflow, wanted, error)
        return None


def _start(workflow: Workflow, wanted: Wanted) -> Run | None:
    if workflow.published_id is None:
        return None
    with transaction.atomic():
        return start(
            version_id=workflow.published_id, given=dict(wanted.given), started_by=wanted.started_by,
            trigger=wanted.node, key=wanted.key, depth=wanted.depth,
        )  # fmt: skip


def _keep(workflow: Workflow, wanted: Wanted, error: Exception) -> None:
    if RefusedStart.objects.filter(workflow=workflow).count() >= MOST_KEPT:
        return
    code, reason = _said(error)
    RefusedStart.objects.create(
        workflow=workflow, node=wanted.node, given=dict(wanted.given), started_by_id=wanted.started_by[0],
        started_by=wanted.started_by[1], key=wanted.key, depth=wanted.depth, code=code, reason=reason,
        retry_at=Now() + PAUSES[0],
    )  # fmt: skip


def _said(error: Exception) -> tuple[str, str]:
    if isinstance(error, RapportError):
        return error.code, error.detail[:500]
    return "unexpected", f"{type(error).__name__}: {error}"[:500]


def retry_refused() -> int:
    """Tries at most 20 due ones again; answers how many started."""
    with transaction.atomic():
        due = (
            RefusedStart.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("workflow")
            .filter(retry_at__lte=Now())
            .order_by("retry_at")[:20]
        )
        return sum(try_again(one) for one in due)


def try_again(refused: RefusedStart) -> bool:
    """The caller has locked the row, which is gone once the run is there."""
    workflow = refused.workflow
    if not workflow.enabled:
        _leave(refused, "disabled", "The workflow is switched off.")
        return False
    by = (refused.started_by_id, refused.started_by)
    wanted = Wanted(refused.node, refused.given, by, refused.key, refused.depth)
    try:
        _start(workflow, wanted)
    except AlreadyStarted:
        pass
    except OperationalError:
        raise
    except Exception as error:
        logger.warning("Workflow %s could not start again: %s", workflow.key, error)
        _leave(refused, *_said(error))
        return False
    refused.delete()
    return True


def _leave(refused: RefusedStart, code: str, reason: str) -> None:
    left = PAUSES[refused.tries :]
    RefusedStart.objects.filter(pk=refused.pk).update(
        tries=F("tries") + 1, code=code, reason=reason, retry_at=Now() + left[0] if left else None
    )
