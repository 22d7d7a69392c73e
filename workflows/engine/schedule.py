"""Fires schedules. The fire's row makes it one, however many workers saw it due."""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim
from django.db import OperationalError, connection, transaction

from workflows.engine.start import start
from workflows.models import ScheduleFire, Trigger

logger = logging.getLogger(__name__)


def next_fire(cron: str, timezone: str, after: datetime) -> datetime:
    """The next time of the cron expression on the clocks of the time zone."""
    return next(CronSim(cron, after.astimezone(ZoneInfo(timezone))))


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


def fire_due_schedules() -> int:
    """Starts a run for each schedule that is due; of several missed fires the latest one counts."""
    fired = 0
    with transaction.atomic():
        now = database_now()
        due = (
            Trigger.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("workflow")
            .filter(next_fire_at__lte=now)[:50]
        )
        for trigger in due:
            fired += _fire_apart(trigger, now)
    return fired


def _fire_apart(trigger: Trigger, now: datetime) -> bool:
    """A schedule that can't start its run stays due, and keeps no other from its own."""
    try:
        with transaction.atomic():
            return _fire(trigger, now)
    except OperationalError:
        raise  # all of them are tried again
    except Exception:
        logger.exception("Workflow %s could not start on its schedule", trigger.workflow.key)
        return False


def _fire(trigger: Trigger, now: datetime) -> bool:
    fire_at = trigger.next_fire_at
    if fire_at is None:
        return False
    trigger.next_fire_at = next_fire(trigger.config["cron"], trigger.config.get("timezone") or "UTC", now)
    trigger.save(update_fields=["next_fire_at"])
    workflow = trigger.workflow
    if not workflow.enabled or workflow.published_id is None:
        return False
    fire, is_new = ScheduleFire.objects.get_or_create(trigger=trigger, fire_at=fire_at)
    if not is_new:
        return False
    run = start(
        version_id=workflow.published_id, given={"fired_at": fire_at.isoformat()},
        started_by=("schedule", "Schedule"), trigger=trigger.node,
    )  # fmt: skip
    ScheduleFire.objects.filter(pk=fire.pk).update(run_id=run.pk)
    return True
