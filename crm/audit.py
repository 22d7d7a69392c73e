"""Writes the audit trail, in the transaction of the change that it records."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Model

from crm import context
from crm.actors import Actor
from crm.models import AuditEntry

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One record before and after; `before` is empty for a new record."""

    target: Model
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


def plain(value: Any) -> Any:
    """A JSON form of a model field's value."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value


def record(*, actor: Actor, action: str, changes: Iterable[Change]) -> uuid.UUID:
    """Writes one entry per change, all of one operation; answers the operation's id."""
    operation = uuid.uuid4()
    request_id, run_id = context.request_id.get(), context.run_id.get()
    AuditEntry.objects.bulk_create(
        AuditEntry(
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            object_type=change.target._meta.model_name or "",
            object_id=str(change.target.pk),
            object_label=str(change.target)[:200],
            before=plain(change.before),
            after=plain(change.after),
            operation=operation,
            request_id=request_id,
            run_id=run_id,
        )
        for change in changes
    )
    return operation


def record_one(
    *, actor: Actor, action: str, target: Model, before: Values | None = None, after: Values | None = None
) -> uuid.UUID:
    return record(actor=actor, action=action, changes=[Change(target, before or {}, after or {})])
