"""Reads the outbox and starts the runs that its events trigger; cursor and runs move in one transaction."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.db.models import Q

from crm.events import MUTED, Topic
from crm.models import EventCursor
from workflows.engine import awaiting, segments
from workflows.engine.matching import input_of
from workflows.engine.refused import Wanted, start_or_keep
from workflows.engine.segments import READER
from workflows.engine.start import DEEPEST
from workflows.models import Run, Trigger, TriggerKind, Workflow

logger = logging.getLogger(__name__)

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
        awaiting.hold_off_waits()
        with connection.cursor() as cursor:
            cursor.execute(_NEXT, [cursor_row.xid, cursor_row.event_id])
            rows = cursor.fetchall()
        if not rows:
            return 0
        events = [(event_id, topic, json.loads(payload)) for event_id, _, topic, payload in rows]
        by_topic, watching = _triggers({topic for _, topic, _ in events})
        for event_id, topic, payload in events:
            for trigger in by_topic.get(topic, ()):
                _consider(trigger, event_id, payload)
        awaiting.answer_waits(events)
        for event_id, topic, payload in events:
            if topic == Topic.RUN_FAILED:
                _start_for_failure(event_id, payload)
        if watching:
            segments.recheck(watching, segments.touched((topic, payload) for _, topic, payload in events))
        cursor_row.event_id, cursor_row.xid = rows[-1][0], rows[-1][1]
        cursor_row.save()
    return len(events)


def _triggers(topics: set[str]) -> tuple[Mapping[str, Sequence[Trigger]], Sequence[int]]:
    """The triggers of these topics, and the ids of those that watch segments, which any event may concern."""
    by_topic: dict[str, list[Trigger]] = {}
    watching: list[int] = []
    for trigger in Trigger.objects.select_related("workflow").filter(
        Q(kind=TriggerKind.EVENT, topic__in=topics - {MUTED}) | Q(kind=TriggerKind.SEGMENT),
        workflow__enabled=True, workflow__published__isnull=False,
    ):  # fmt: skip
        if trigger.kind == TriggerKind.SEGMENT:
            watching.append(trigger.pk)
        else:
            by_topic.setdefault(trigger.topic, []).append(trigger)
    return by_topic, watching


def _consider(trigger: Trigger, event_id: int, payload: Mapping[str, Any]) -> None:
    try:
        given = input_of(trigger.step_type, trigger.config, payload)
    except OperationalError:
        raise
    except Exception:
        logger.exception("A trigger of workflow %s can't read event %s", trigger.workflow.key, event_id)
        return
    if given is None:
        return
    depth = depth_after(payload.get("caused_by"))
    if depth > DEEPEST:
        logger.warning("Workflow %s would start itself without end; the event is left", trigger.workflow.key)
        return
    by = ("event", f"Event {event_id}")
    start_or_keep(trigger.workflow, Wanted(trigger.node, given, by, f"event:{event_id}:{trigger.node}", depth))


def _start_for_failure(event_id: int, payload: Mapping[str, Any]) -> None:
    """The workflow that another one names for its failures; switched off it stays away."""
    workflow = Workflow.objects.filter(key=payload["start"], enabled=True, published__isnull=False).first()
    depth = depth_after(payload.get("caused_by"))
    if workflow is not None and depth <= DEEPEST:
        given = {name: payload[name] for name in ("run", "input", "error")}
        by = ("event", f"Run {payload['run']['number']} failed")
        start_or_keep(workflow, Wanted("", given, by, f"failure:{payload['run']['id']}", depth))


def depth_after(cause: str | None) -> int:
    """How deep a run lies that the run `cause` brought forth."""
    if not cause:
        return 0
    parent = Run.objects.filter(pk=UUID(cause)).values_list("depth", flat=True).first()
    return 0 if parent is None else parent + 1
