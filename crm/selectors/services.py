"""Reads services: the list with its filters, and one service."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from crm import permissions
from crm.actors import Actor
from crm.errors import NotFound
from crm.models import Service
from crm.selectors.keyset import PAGE_SIZE, Page, Sort, choose_sort, page_of

_SORTS = {
    "-start": Sort("-start", "start_time", descending=True),
    "start": Sort("start", "start_time"),
    "type": Sort("type", "type"),
    "customer": Sort("customer", "customer__name"),
}
SORTS = tuple(_SORTS)


@dataclass(frozen=True)
class ServiceQuery:
    search: str = ""  # in the type and the customer's name and address
    status: str = ""
    type: str = ""
    customer: int | None = None
    sort: str = "-start"
    cursor: str = ""
    size: int = PAGE_SIZE


def list_services(*, actor: Actor, query: ServiceQuery) -> Page[Service]:
    rows = _readable(actor).filter(_search(query.search))
    if query.status:
        rows = rows.filter(status=query.status)
    if query.type:
        rows = rows.filter(type=query.type)
    if query.customer:
        rows = rows.filter(customer_id=query.customer)
    return page_of(rows, choose_sort(_SORTS, query.sort, "-start"), query.cursor, query.size)


def get_service(*, actor: Actor, service_id: int) -> Service:
    service = _readable(actor).filter(pk=service_id).first()
    if service is None:
        raise NotFound(f"There is no service {service_id}; it may have been deleted.")
    return service


def service_types(*, actor: Actor) -> list[str]:
    return list(_readable(actor).order_by("type").values_list("type", flat=True).distinct())


def _readable(actor: Actor) -> QuerySet[Service]:
    return permissions.scope(actor, Service.objects.select_related("customer"))


def _search(text: str) -> Q:
    found = Q()
    for word in text.replace("\x00", "").split()[:8]:
        found &= Q(type__icontains=word) | Q(customer__name__icontains=word) | Q(customer__email__icontains=word)
    return found
