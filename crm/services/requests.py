"""Creates service requests and takes them through their states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm import audit, bulk, events, permissions, timeline
from crm.actors import Actor
from crm.audit import Change
from crm.events import Topic
from crm.models import Customer, CustomField, Member, Service, ServiceRequest
from crm.models.activities import ActivityKind
from crm.models.fields import RecordKind
from crm.models.requests import Priority, RequestStatus
from crm.origin import Origin
from crm.selectors.fields import custom_fields
from crm.services.changes import changed_values, describe
from crm.timeline import NewActivity
from crm.validation import Problems, clean_custom, clean_fields

FIELDS = ("kind", "subject", "description", "priority", "request_time", "status", "response_time")
CHANGEABLE = (*FIELDS, "service_id", "assignee_id", "custom")


@dataclass(frozen=True)
class NewRequest:
    customer_id: int
    subject: str = ""
    description: str = ""
    kind: str = "question"
    priority: str = Priority.NORMAL
    service_id: int | None = None
    assignee_id: int | None = None
    request_time: datetime | None = None  # None is now
    # For requests that were answered elsewhere, before they came here.
    status: str = RequestStatus.OPEN
    response_time: datetime | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


def snapshot(request: ServiceRequest) -> dict[str, Any]:
    return {
        "customer_id": request.customer_id,
        **{name: getattr(request, name) for name in FIELDS},
        "service_id": request.service_id,
        "assignee_id": request.assignee_id,
        "custom": dict(request.custom),
    }


def create_request(*, actor: Actor, new: NewRequest, origin: Origin | None = None) -> ServiceRequest:
    return create_requests(actor=actor, items=[new], origin=origin)[0]


def create_requests(*, actor: Actor, items: Sequence[NewRequest], origin: Origin | None = None) -> list[ServiceRequest]:
    """All or none; of several, problems name the position, as in `2.subject`."""
    with transaction.atomic():
        ids = {item.customer_id for item in items}
        permissions.rows(actor, "create", Customer.objects.only("pk"), ids, kind="servicerequest")
        rows = bulk.insert(_build(items, origin))
        changes = [Change(row, after=snapshot(row)) for row in rows]
        audit.record(actor=actor, action="request.create", changes=changes)
        events.publish_changes(Topic.REQUEST_CREATED, changes)
        timeline.write(actor=actor, entries=[*map(_opened, rows), *_resolved(rows)], origin=origin)
    return rows


def _opened(row: ServiceRequest) -> NewActivity:
    summary = f"Request opened: {row.subject or row.kind}"
    data = {"request": row.pk}
    return NewActivity(row.customer_id, summary, ActivityKind.REQUEST, row.description, data, row.request_time)


def _resolved(rows: Sequence[ServiceRequest]) -> list[NewActivity]:
    return [
        NewActivity(row.customer_id, f"{_name(row)}: Resolved", ActivityKind.REQUEST, "", {"request": row.pk}, at)
        for row in rows
        if (at := row.response_time)
    ]


def _name(row: ServiceRequest) -> str:
    return row.subject or f"Request {row.pk}"


def _build(items: Sequence[NewRequest], origin: Origin | None) -> list[ServiceRequest]:
    problems, definitions, now = Problems(), custom_fields(RecordKind.REQUEST), timezone.now()
    rows = []
    for index, item in enumerate(items):
        prefix = f"{index}." if len(items) > 1 else ""
        given = {name: getattr(item, name) for name in FIELDS} | {"request_time": item.request_time or now}
        values = clean_fields(ServiceRequest, given, problems, prefix)
        custom = clean_custom(definitions, item.custom, problems, prefix, complete=True)
        row = ServiceRequest(
            customer_id=item.customer_id,
            **values,
            service_id=item.service_id,
            assignee_id=item.assignee_id,
            custom=_present(custom),
            run_id=origin.run_id if origin else None,
        )
        _check_times(row, problems, prefix)
        rows.append(row)
    _check_links(rows, problems)
    problems.raise_if_any()
    return rows


def _present(custom: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in custom.items() if value is not None}


def _check_times(row: ServiceRequest, problems: Problems, prefix: str = "") -> None:
    if row.response_time and row.request_time and row.response_time < row.request_time:
        problems.add(f"{prefix}response_time", "The response can't come before the request.")


def _check_links(rows: Sequence[ServiceRequest], problems: Problems) -> None:
    """A request's service is one of its customer's, and its assignee can still log in."""
    services = {row.service_id for row in rows if row.service_id}
    owners = dict(Service.objects.filter(pk__in=services).values_list("pk", "customer_id")) if services else {}
    if any(row.service_id and owners.get(row.service_id) != row.customer_id for row in rows):
        problems.add("service_id", "The customer has no such service.", "unknown")
    assignees = {row.assignee_id for row in rows if row.assignee_id}
    if assignees and Member.objects.filter(pk__in=assignees, is_active=True).count() < len(assignees):
        problems.add("assignee_id", "There is no such member.", "unknown")


def update_request(
    *, actor: Actor, request_id: int, changes: Mapping[str, Any], origin: Origin | None = None
) -> ServiceRequest:
    """Resolving sets the response time unless it is given; opening again clears it."""
    with transaction.atomic():
        locked = ServiceRequest.objects.select_for_update(of=("self",), no_key=True)
        row = permissions.rows(actor, "update", locked, [request_id])[request_id]
        before = snapshot(row)
        _apply(row, changes, custom_fields(RecordKind.REQUEST))
        change = Change(row, before, snapshot(row))
        if change.before == change.after:
            return row
        row.save()
        slim = changed_values(change)
        audit.record(actor=actor, action="request.update", changes=[slim])
        events.publish_changes(Topic.REQUEST_UPDATED, [change])
        timeline.write(actor=actor, entries=[_told(row, slim)], origin=origin)
    return row


def _told(row: ServiceRequest, slim: Change) -> NewActivity:
    what = RequestStatus(row.status).label if "status" in slim.after else describe(slim)
    return NewActivity(row.customer_id, f"{_name(row)}: {what}", ActivityKind.REQUEST, data={"request": row.pk})


def _apply(row: ServiceRequest, changes: Mapping[str, Any], definitions: Mapping[str, CustomField]) -> None:
    problems, was = Problems(), row.status
    for name in changes.keys() - set(CHANGEABLE):
        problems.add(name, "A request has no such field that can be changed.", "unknown_field")
    values = clean_fields(ServiceRequest, {name: changes[name] for name in FIELDS if name in changes}, problems)
    for name, value in values.items():
        setattr(row, name, value)
    for name in ("service_id", "assignee_id"):
        setattr(row, name, changes.get(name, getattr(row, name)))
    row.custom = _present(row.custom | clean_custom(definitions, changes.get("custom") or {}, problems))
    if row.status != was and "response_time" not in changes:
        resolved = row.status == RequestStatus.RESOLVED
        row.response_time = max(timezone.now(), row.request_time) if resolved else None
    _check_times(row, problems)
    _check_links([row], problems)
    problems.raise_if_any()


def move_request(*, actor: Actor, request_id: int, status: str, origin: Origin | None = None) -> ServiceRequest:
    return update_request(actor=actor, request_id=request_id, changes={"status": status}, origin=origin)


def assign_request(
    *, actor: Actor, request_id: int, assignee_id: int | None, origin: Origin | None = None
) -> ServiceRequest:
    return update_request(actor=actor, request_id=request_id, changes={"assignee_id": assignee_id}, origin=origin)


def delete_request(*, actor: Actor, request_id: int) -> None:
    with transaction.atomic():
        locked = ServiceRequest.objects.select_for_update(of=("self",))
        row = permissions.rows(actor, "delete", locked, [request_id])[request_id]
        audit.record_one(actor=actor, action="request.delete", target=row, before=snapshot(row))
        entry = NewActivity(row.customer_id, f"Request removed: {row}", ActivityKind.REQUEST)
        timeline.write(actor=actor, entries=[entry])
        row.delete()
