"""Looks at the triggers whose time has come: schedules, segments to compare, moments of records."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from workflows.engine import moments, schedule, segments
from workflows.engine.clock import database_now
from workflows.engine.contention import is_contention
from workflows.models import Trigger, TriggerKind

logger = logging.getLogger(__name__)
AFTER_A_FAULT = timedelta(minutes=1)
Look = Callable[[Trigger, datetime], int]
_LOOKS: Mapping[str, Look] = {
    TriggerKind.SCHEDULE: schedule.fire,
    TriggerKind.SEGMENT: segments.compare,
    TriggerKind.MOMENT: moments.fire,
}


def fire_due_triggers() -> int:
    """Answers how many runs started. Two workers never look at one trigger at once."""
    started = 0
    with transaction.atomic():
        now = database_now()
        due = (
            # The workflow too, and before anything is waited for: a publication locks it first.
            Trigger.objects.select_for_update(skip_locked=True, of=("self", "workflow"), no_key=True)
            .select_related("workflow")
            .filter(next_fire_at__lte=now)
            .order_by("next_fire_at")[:50]
        )
        for trigger in due:
            started += _look_apart(trigger, now)
    return started


def _look_apart(trigger: Trigger, now: datetime) -> int:
    """A trigger that can't be looked at is looked at again in a minute, and keeps no other from its own."""
    try:
        with transaction.atomic():
            return _LOOKS[trigger.kind](trigger, now)
    except Exception as error:
        if is_contention(error):
            return 0  # it is due still
        logger.exception("A trigger of workflow %s can't be looked at", trigger.workflow.key)
        Trigger.objects.filter(pk=trigger.pk).update(next_fire_at=now + AFTER_A_FAULT)
        return 0
