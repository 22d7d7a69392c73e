"""Fires schedules. The fire's row makes it one, however many workers saw it due."""

from __future__ import annotations

from datetime import datetime, timedelta

from workflows.clocks import fires_between, next_fire
from workflows.engine.refused import Wanted, start_or_keep
from workflows.models import ScheduleFire, Trigger

# Of those that were missed, at most so many are caught up.
MOST_CAUGHT_UP = 100
# A time this long ago was not just a busy moment: it was missed.
MISSED_AFTER = timedelta(minutes=2)


def fire(trigger: Trigger, now: datetime) -> int:
    """The caller has locked the trigger. Answers how many runs started."""
    due = _due(trigger, now)
    trigger.next_fire_at = next_fire(trigger.config["cron"], _zone(trigger), now)
    trigger.save(update_fields=["next_fire_at"])
    if not trigger.workflow.enabled:
        return 0
    return sum(_fire_at(trigger, at, now) for at in due)


def _zone(trigger: Trigger) -> str:
    return str(trigger.config.get("timezone") or "UTC")


def _due(trigger: Trigger, now: datetime) -> list[datetime]:
    """The times that are to start a run: what the policy says of those missed, and the one that came just now."""
    if trigger.next_fire_at is None:
        return []
    policy = trigger.config.get("missed") or "latest"
    most = MOST_CAUGHT_UP if policy == "all" else 1
    due = fires_between(trigger.config["cron"], _zone(trigger), trigger.next_fire_at, now, most)
    return [at for at in due if policy != "skip" or now - at < MISSED_AFTER]


def _fire_at(trigger: Trigger, at: datetime, now: datetime) -> bool:
    fire, is_new = ScheduleFire.objects.get_or_create(trigger=trigger, fire_at=at)
    if not is_new:
        return False
    given = {"fired_at": at.isoformat(), "late_seconds": int((now - at).total_seconds())}
    run = start_or_keep(trigger.workflow, Wanted(trigger.node, given, ("schedule", "Schedule")))
    if run is None:
        return False
    ScheduleFire.objects.filter(pk=fire.pk).update(run_id=run.pk)
    return True
