"""Reads service requests: the list, the board, one request."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from crm import permissions
from crm.actors import Actor
from crm.errors import NotFound
from crm.models import ServiceRequest
from crm.models.requests import RequestStatus
from crm.selectors.keyset import PAGE_SIZE, Page, Sort, choose_sort, page_of
from crm.validation import refuse

_SORTS = {
    "-time": Sort("-time", "request_time", descending=True),
    "time": Sort("time", "request_time"),
    "customer": Sort("customer", "customer__name"),
}
SORTS = tuple(_SORTS)


@dataclass(frozen=True)
class RequestQuery:
    search: str = ""  # in the subject and the customer's name and address
    status: str = ""  # a status, or "unresolved"
    priority: str = ""
    kind: str = ""
    assignee: str = ""  # "me", "none" or a member's id
    customer: int | None = None
    service: int | None = None
    sort: str = "-time"
    cursor: str = ""
    size: int = PAGE_SIZE


def list_requests(*, actor: Actor, query: RequestQuery) -> Page[ServiceRequest]:
    rows = filter_requests(actor=actor, query=query)
    return page_of(rows, choose_sort(_SORTS, query.sort, "-time"), query.cursor, query.size)


def filter_requests(*, actor: Actor, query: RequestQuery) -> QuerySet[ServiceRequest]:
    rows = _readable(actor).filter(_search(query.search), _assigned(actor, query.assignee))
    if query.status == "unresolved":
        rows = rows.exclude(status=RequestStatus.RESOLVED)
    elif query.status:
        rows = rows.filter(status=query.status)
    if query.priority:
        rows = rows.filter(priority=query.priority)
    if query.kind:
        rows = rows.filter(kind=query.kind)
    if query.customer:
        rows = rows.filter(customer_id=query.customer)
    return rows.filter(service_id=query.service) if query.service else rows


def board(*, actor: Actor, query: RequestQuery, size: int = 30) -> dict[RequestStatus, Page[ServiceRequest]]:
    """A page for each status: the board's columns."""
    return {
        status: list_requests(actor=actor, query=replace(query, status=status.value, cursor="", size=size))
        for status in RequestStatus
    }


def get_request(*, actor: Actor, request_id: int) -> ServiceRequest:
    request = _readable(actor).filter(pk=request_id).first()
    if request is None:
        raise NotFound(f"There is no request {request_id}; it may have been deleted.")
    return request


def _readable(actor: Actor) -> QuerySet[ServiceRequest]:
    return permissions.scope(actor, ServiceRequest.objects.select_related("customer", "service", "assignee"))


def _search(text: str) -> Q:
    found = Q()
    for word in text.replace("\x00", "").split()[:8]:
        found &= Q(subject__icontains=word) | Q(customer__name__icontains=word) | Q(customer__email__icontains=word)
    return found


def _assigned(actor: Actor, assignee: str) -> Q:
    if not assignee:
        return Q()
    if assignee == "none":
        return Q(assignee__isnull=True)
    if assignee == "me":
        return Q(assignee_id=actor.member_id)
    if not assignee.isascii() or not assignee.isdigit() or len(assignee) > 18:
        raise refuse("assignee", "Give me, none or a member's id.")
    return Q(assignee_id=int(assignee))
