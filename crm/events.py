"""The outbox: a fact is written in the transaction that makes it true, and workflows read it afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

from crm import bulk, context
from crm.audit import Change
from crm.models import Event


class Topic(StrEnum):
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_UPDATED = "customer.updated"
    CUSTOMER_SCORED = "customer.scored"
    SERVICE_CREATED = "service.created"
    SERVICE_UPDATED = "service.updated"
    REQUEST_CREATED = "request.created"
    REQUEST_UPDATED = "request.updated"
    RUN_FAILED = "run.failed"  # of a workflow that names another one for that


Payload = Mapping[str, Any]
# In the place of events that were not written: the customers whom they would have concerned. It starts nothing.
MUTED = "muted"
_muted: ContextVar[bool] = ContextVar("events_muted", default=False)


def payload_of(change: Change) -> dict[str, Any]:
    """The record before and after, whole, and the names of the fields that differ."""
    before, after = change.before, change.after
    changed = [key for key in after if key not in before or before[key] != after[key]]
    return {"id": change.target.pk, "changed": changed, "before": before, "after": after}


@contextmanager
def muted() -> Iterator[None]:
    """Inside, no event is written: imports do not start workflows unless asked."""
    token = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(token)


def publish_many(topic: Topic, payloads: Iterable[Payload]) -> None:
    if _muted.get():
        _note_muted(topic, payloads)
        return
    run_id = context.run_id.get()
    cause = {"caused_by": str(run_id)} if run_id else {}
    bulk.insert_values(Event, ({"topic": topic, "payload": {**payload, **cause}} for payload in payloads))


def _note_muted(topic: Topic, payloads: Iterable[Payload]) -> None:
    """So that who watches the members of a segment does not take them for changes that nobody announced."""
    of_customers = topic.startswith("customer.")
    ids = [payload["id"] if of_customers else payload["after"].get("customer_id") for payload in payloads]
    if customers := sorted({pk for pk in ids if pk is not None}):
        bulk.insert_values(Event, [{"topic": MUTED, "payload": {"customers": customers}}])


def publish_changes(topic: Topic, changes: Iterable[Change]) -> None:
    publish_many(topic, map(payload_of, changes))


def publish(topic: Topic, payload: Payload) -> None:
    publish_many(topic, [payload])
