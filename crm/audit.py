"""Writes the audit trail, in the transaction of the change that it records."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from crm import bulk, context
from crm.actors import Actor
from crm.models import AuditEntry

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One record before and after; `before` is empty for a new record."""

    target: Model
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


def record(*, actor: Actor, action: str, changes: Iterable[Change]) -> uuid.UUID:
    """Writes one entry per change, all of one operation; answers the operation's id."""
    operation = uuid.uuid4()
    request_id, run_id = context.request_id.get(), context.run_id.get()
    bulk.insert_values(
        AuditEntry,
        (
            {
                "actor_id": actor.id,
                "actor_name": actor.name,
                "action": action,
                "object_type": change.target._meta.model_name,
                "object_id": str(change.target.pk),
                "object_label": str(change.target)[:200],
                "before": change.before,
                "after": change.after,
                "operation": operation,
                "request_id": request_id,
                "run_id": run_id,
            }
            for change in changes
        ),
    )
    return operation


def record_one(
    *, actor: Actor, action: str, target: Model, before: Values | None = None, after: Values | None = None
) -> uuid.UUID:
    return record(actor=actor, action=action, changes=[Change(target, before or {}, after or {})])
