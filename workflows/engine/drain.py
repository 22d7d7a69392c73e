"""Reads the outbox and starts the runs that its events trigger; cursor and runs move in one transaction."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction

from crm.models import EventCursor
from workflows.engine.start import DEEPEST, AlreadyStarted, start
from workflows.expressions import ExpressionError, compile_expression
from workflows.models import Run, Trigger, TriggerKind

logger = logging.getLogger(__name__)
READER = "triggers"

# Below xmin every transaction has ended, so no event can appear behind the cursor.
_NEXT = """
    SELECT id, xid, topic, payload FROM crm_event
    WHERE (xid, id) > (%s, %s) AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY xid, id LIMIT 500
"""


def drain_events() -> int:
    """Handles at most 500 events; 0 if there are none or another worker is at it."""
    with transaction.atomic():
        EventCursor.objects.get_or_create(reader=READER)
        cursor_row = EventCursor.objects.select_for_update(skip_locked=True).filter(reader=READER).first()
        if cursor_row is None:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, [cursor_row.xid, cursor_row.event_id])
            events = cursor.fetchall()
        if not events:
            return 0
        triggers = _triggers({topic for _, _, topic, _ in events})
        for event_id, _, topic, payload in events:
            for trigger in triggers.get(topic, ()):
                _consider(trigger, event_id, json.loads(payload))
        cursor_row.event_id, cursor_row.xid = events[-1][0], events[-1][1]
        cursor_row.save()
    return len(events)


def _triggers(topics: set[str]) -> Mapping[str, Sequence[Trigger]]:
    found: dict[str, list[Trigger]] = {}
    for trigger in Trigger.objects.select_related("workflow").filter(
        kind=TriggerKind.EVENT, topic__in=topics, workflow__enabled=True, workflow__published__isnull=False
    ):
        found.setdefault(trigger.topic, []).append(trigger)
    return found


def _consider(trigger: Trigger, event_id: int, payload: Mapping[str, Any]) -> None:
    try:
        with transaction.atomic():
            _start(trigger, event_id, payload)
    except AlreadyStarted:
        pass
    except OperationalError:
        raise  # the whole batch is tried again
    except Exception:
        # One workflow that can't start must not keep all others from their events.
        logger.exception("Workflow %s could not start for event %s", trigger.workflow.key, event_id)


def _start(trigger: Trigger, event_id: int, payload: Mapping[str, Any]) -> None:
    version_id = trigger.workflow.published_id
    if version_id is None or not matches(trigger.config, payload):
        return
    depth = _depth(payload.get("caused_by"))
    if depth > DEEPEST:
        logger.warning("Workflow %s would start itself without end; the event is left", trigger.workflow.key)
        return
    start(
        version_id=version_id, given=dict(payload), started_by=("event", f"Event {event_id}"),
        trigger=trigger.node, key=f"event:{event_id}:{trigger.node}", depth=depth,
    )  # fmt: skip


def _depth(cause: str | None) -> int:
    if not cause:
        return 0
    parent = Run.objects.filter(pk=UUID(cause)).values_list("depth", flat=True).first()
    return 0 if parent is None else parent + 1


def matches(config: Mapping[str, Any], payload: Mapping[str, Any]) -> bool:
    """Whether one of the watched fields changed, and the condition over before and after holds."""
    fields = config.get("fields") or []
    if fields and not set(fields) & set(payload.get("changed") or []):
        return False
    condition = config.get("condition")
    if not condition:
        return True
    source = condition["$expr"] if isinstance(condition, Mapping) else condition
    scope = {"before": payload.get("before") or {}, "after": payload.get("after") or {}, "input": payload}
    try:
        return compile_expression(source).evaluate(scope) is True
    except ExpressionError as error:
        logger.warning("A trigger's condition failed: %s", error)
        return False
