"""Reads timelines, newest first."""

from __future__ import annotations

from django.db.models import QuerySet

from crm import permissions
from crm.actors import Actor
from crm.models import Activity
from crm.selectors.keyset import PAGE_SIZE, Page, Sort, page_of

_NEWEST = Sort("-at", "at", descending=True)


def timeline(
    *, actor: Actor, customer_id: int, kind: str = "", cursor: str = "", size: int = PAGE_SIZE
) -> Page[Activity]:
    rows = _readable(actor).filter(customer_id=customer_id)
    return page_of(rows.filter(kind=kind) if kind else rows, _NEWEST, cursor, size)


def _readable(actor: Actor) -> QuerySet[Activity]:
    return permissions.scope(actor, Activity.objects.select_related("customer"))
