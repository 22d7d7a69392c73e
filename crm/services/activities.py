"""Adds notes, calls and what workflows say to customers' timelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from crm import audit, permissions, timeline
from crm.actors import Actor
from crm.audit import Change
from crm.models import Activity, Customer
from crm.models.activities import ActivityKind
from crm.origin import Origin
from crm.timeline import NewActivity
from crm.validation import Problems

_LONGEST_BODY = 20_000

__all__ = ["NewActivity", "add_activities", "add_note", "log_call"]


def add_activities(*, actor: Actor, items: Sequence[NewActivity], origin: Origin | None = None) -> list[Activity]:
    _check(items)
    with transaction.atomic():
        ids = {item.customer_id for item in items}
        permissions.rows(actor, "create", Customer.objects.only("pk"), ids, kind="activity")
        written = timeline.write_rows(actor=actor, entries=items, origin=origin)
        changes = [Change(row, after={"customer_id": row.customer_id, "summary": row.summary}) for row in written]
        audit.record(actor=actor, action="activity.create", changes=changes)
    return written


def _check(items: Sequence[NewActivity]) -> None:
    problems = Problems()
    for index, item in enumerate(items):
        prefix = f"{index}." if len(items) > 1 else ""
        if not item.summary.strip():
            problems.add(f"{prefix}summary", "Say something.", "required")
        if len(item.body) > _LONGEST_BODY or "\x00" in item.body + item.summary:
            problems.add(f"{prefix}body", "Give at most 20,000 plain characters.")
    problems.raise_if_any()


def add_note(*, actor: Actor, customer_id: int, text: str, origin: Origin | None = None) -> Activity:
    return _add(actor, customer_id, ActivityKind.NOTE, text, {}, origin)


def log_call(*, actor: Actor, customer_id: int, text: str, outcome: str = "", origin: Origin | None = None) -> Activity:
    data = {"outcome": outcome} if outcome else {}
    return _add(actor, customer_id, ActivityKind.CALL, text, data, origin)


def _add(
    actor: Actor, customer_id: int, kind: ActivityKind, text: str, data: Mapping[str, Any], origin: Origin | None
) -> Activity:
    """The first line is the summary; a longer text is kept whole in the body."""
    whole = text.strip()
    summary = whole.split("\n", 1)[0][:200]
    body = whole if whole != summary else ""
    item = NewActivity(customer_id, summary, kind, body, data)
    return add_activities(actor=actor, items=[item], origin=origin)[0]
