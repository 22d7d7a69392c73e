"""Regular upkeep, safe to run at any time and any number of times at once."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from agents.models import Worker
from agents.services.figures import drop_old_figures
from crm.models import Event, EventCursor, RefreshToken
from workflows.engine.retention import forget_old_runs

WEEKS_AHEAD = 8
KEEP_EVENTS = timedelta(days=7)
KEEP_WORKERS = timedelta(days=1)


def keep_house() -> None:
    make_partitions()
    drop_read_events()
    drop_old_figures()
    forget_old_runs()
    now = timezone.now()
    RefreshToken.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
    Worker.objects.filter(heartbeat_at__lt=now - KEEP_WORKERS).delete()


def make_partitions() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT workflows_make_partitions(%s)", [WEEKS_AHEAD])
        made: int = cursor.fetchone()[0]
    return made


def drop_read_events() -> int:
    """Events that every reader has passed, after a week."""
    passed = EventCursor.objects.order_by("xid").values_list("xid", flat=True).first()
    if passed is None:
        return 0
    deleted, _ = Event.objects.filter(xid__lt=passed, at__lt=timezone.now() - KEEP_EVENTS).delete()
    return deleted
