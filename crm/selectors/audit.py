"""Reads the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from crm import permissions
from crm.actors import Actor
from crm.models import AuditEntry
from crm.selectors.customers import get_customer
from crm.selectors.keyset import PAGE_SIZE, Page, Sort, page_of
from crm.selectors.requests import get_request
from crm.selectors.services import get_service
from crm.validation import refuse

_NEWEST = Sort("-id", "pk", descending=True)


@dataclass(frozen=True)
class AuditQuery:
    actor_id: str = ""
    action: str = ""
    object_type: str = ""
    object_id: str = ""
    operation: str = ""
    run_id: str = ""
    cursor: str = ""
    size: int = PAGE_SIZE


def list_audit(*, actor: Actor, query: AuditQuery) -> Page[AuditEntry]:
    rows = permissions.scope(actor, AuditEntry.objects.all())
    for name in ("actor_id", "action", "object_type", "object_id", "operation", "run_id"):
        value = getattr(query, name)
        if value:
            rows = rows.filter(**{name: _uuid(name, value) if name in ("operation", "run_id") else value})
    return page_of(rows, _NEWEST, query.cursor, query.size)


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise refuse(name, "Give the id as it is shown.") from None


def history_of(*, actor: Actor, object_type: str, object_id: int) -> QuerySet[AuditEntry]:
    """A record's own entries, newest first, for everyone who may read the record."""
    _READ[object_type](actor, object_id)
    return AuditEntry.objects.filter(object_type=object_type, object_id=str(object_id)).order_by("-pk")


_READ: Mapping[str, Callable[[Actor, int], Any]] = {
    "customer": lambda actor, pk: get_customer(actor=actor, customer_id=pk),
    "service": lambda actor, pk: get_service(actor=actor, service_id=pk),
    "servicerequest": lambda actor, pk: get_request(actor=actor, request_id=pk),
}
