"""Steps that wait for an event: noted when they begin to wait, answered by whoever reads the outbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from workflows.engine.refs import StepRef
from workflows.engine.signals import send_signal
from workflows.expressions import ExpressionError, compile_expression
from workflows.models import EventWait
from workflows.steps import JSON, AwaitedEvent

# Those who begin to wait share it, who reads the outbox has it alone. Without it an event that is committed after the
# look below, by a transaction older than ours, would be read before the wait can be seen.
_LOCK = "hashtextextended('awaited events', 0)"


def hold_off_waits() -> None:
    """Until the transaction ends nobody begins to wait for an event; those who were about to have done so."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")


def register(ref: StepRef, event: AwaitedEvent) -> None:
    """In the transaction in which the step begins to wait: an event that is committed from now on finds the wait."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared({_LOCK})")
        cursor.execute(
            "INSERT INTO workflows_eventwait (run_id, node, item, topic, field, value, condition, since)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, clock_timestamp()) ON CONFLICT DO NOTHING",
            [*ref, event.topic, event.field, event.value, event.condition],
        )
        if cursor.rowcount and event.since_start:
            cursor.execute(
                "SELECT id, payload FROM crm_event WHERE topic = %s"
                " AND at >= (SELECT created_at FROM workflows_run WHERE id = %s) ORDER BY xid, id",
                [event.topic, ref.run_id],
            )
            earlier = [(event_id, json.loads(payload)) for event_id, payload in cursor.fetchall()]
        else:
            earlier = []
    wait = EventWait(
        run_id=ref.run_id, node=ref.node, item=ref.item, topic=event.topic, field=event.field,
        value=event.value, condition=event.condition,
    )  # fmt: skip
    for event_id, payload in earlier:
        if answers(wait, payload):
            _tell(wait, event_id, payload)
            return


def answer_waits(events: Iterable[tuple[int, str, Mapping[str, Any]]]) -> int:
    """Hands each event (id, topic, payload) to the steps that wait for it; answers how many there were."""
    told = 0
    events = list(events)
    topics = {topic for _, topic, _ in events}
    listening = set(EventWait.objects.filter(topic__in=topics).values_list("topic", flat=True).distinct())
    for event_id, topic, payload in events:
        if topic in listening:
            for wait in EventWait.objects.filter(topic=topic, value__in=_values(topic, payload)):
                if answers(wait, payload):
                    told += _tell(wait, event_id, payload)
    return told


def _values(topic: str, payload: Mapping[str, Any]) -> set[str]:
    """What waits for this event may have asked of a field: the index finds them by it."""
    fields = EventWait.objects.filter(topic=topic).values_list("field", flat=True).distinct()
    return {"" if not field else text_of(look_up(payload, field)) for field in fields}


def answers(wait: EventWait, payload: Mapping[str, Any]) -> bool:
    if wait.field and text_of(look_up(payload, wait.field)) != wait.value:
        return False
    if not wait.condition:
        return True
    scope = {"before": payload.get("before") or {}, "after": payload.get("after") or {}, "input": payload}
    try:
        return compile_expression(wait.condition).evaluate(scope) is True
    except ExpressionError:
        return False


def look_up(payload: JSON, field: str) -> JSON:
    for part in field.split("."):
        payload = payload.get(part) if isinstance(payload, Mapping) else None
    return payload


def text_of(value: JSON) -> str:
    """As it is compared; 7 and "7" are the same."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _tell(wait: EventWait, event_id: int, payload: Mapping[str, Any]) -> bool:
    return send_signal(
        run_id=wait.run_id, node=wait.node, item=wait.item, key=f"event:{event_id}", payload=dict(payload)
    )
