"""Writes a customer's timeline, in the transaction of the change that it tells of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from crm import bulk
from crm.actors import Actor
from crm.models import Activity
from crm.models.activities import ActivityKind
from crm.origin import Origin

_LONGEST_SUMMARY = 500


@dataclass(frozen=True)
class NewActivity:
    customer_id: int
    summary: str
    kind: ActivityKind = ActivityKind.NOTE
    body: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def write(*, actor: Actor, entries: Iterable[NewActivity], origin: Origin | None = None) -> None:
    bulk.insert_values(Activity, _values(actor, entries, origin))


def write_rows(*, actor: Actor, entries: Iterable[NewActivity], origin: Origin | None = None) -> list[Activity]:
    """The same for who needs the rows."""
    return bulk.insert([Activity(**values) for values in _values(actor, entries, origin)])


def _values(actor: Actor, entries: Iterable[NewActivity], origin: Origin | None) -> Iterator[dict[str, Any]]:
    source, now = origin or Origin(), timezone.now()
    for entry in entries:
        yield {
            "customer_id": entry.customer_id,
            "kind": entry.kind,
            "at": entry.at or now,
            "actor_id": actor.id,
            "actor_name": actor.name,
            "summary": entry.summary[:_LONGEST_SUMMARY],
            "body": entry.body,
            "data": dict(entry.data),
            "run_id": source.run_id,
            "node": source.node,
            "workflow_version": source.workflow_version,
            "model": source.model,
        }
