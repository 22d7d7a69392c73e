"""Creates, changes and deletes services: what customers have."""

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
from crm.models import Customer, CustomField, Service
from crm.models.activities import ActivityKind
from crm.models.fields import RecordKind
from crm.models.services import ServiceStatus
from crm.origin import Origin
from crm.selectors.fields import custom_fields
from crm.services.changes import changed_values, describe
from crm.timeline import NewActivity
from crm.validation import Problems, clean_custom, clean_fields

FIELDS = ("type", "status", "start_time", "end_time")


@dataclass(frozen=True)
class NewService:
    customer_id: int
    type: str
    status: str = ServiceStatus.PENDING
    start_time: datetime | None = None  # None is now
    end_time: datetime | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)


def snapshot(service: Service) -> dict[str, Any]:
    values = {name: getattr(service, name) for name in FIELDS}
    return {"customer_id": service.customer_id, **values, "custom": dict(service.custom)}


def create_service(*, actor: Actor, new: NewService, origin: Origin | None = None) -> Service:
    return create_services(actor=actor, items=[new], origin=origin)[0]


def create_services(
    *, actor: Actor, items: Sequence[NewService], origin: Origin | None = None, tell: bool = True
) -> list[Service]:
    """All or none; of several, problems name the position, as in `2.type`. `tell` on the timelines."""
    with transaction.atomic():
        ids = {item.customer_id for item in items}
        permissions.rows(actor, "create", Customer.objects.only("pk"), ids, kind="service")
        rows = bulk.insert(_build(items))
        changes = [Change(row, after=snapshot(row)) for row in rows]
        audit.record(actor=actor, action="service.create", changes=changes)
        events.publish_changes(Topic.SERVICE_CREATED, changes)
        timeline.write(actor=actor, entries=[_added(row) for row in rows if tell], origin=origin)
    return rows


def _added(row: Service) -> NewActivity:
    data = {"service": row.pk}
    return NewActivity(row.customer_id, f"Service added: {row.type}", ActivityKind.SERVICE, data=data)


def _build(items: Sequence[NewService]) -> list[Service]:
    problems, definitions, rows = Problems(), custom_fields(RecordKind.SERVICE), []
    for index, item in enumerate(items):
        prefix = f"{index}." if len(items) > 1 else ""
        given = {name: getattr(item, name) for name in FIELDS} | {"start_time": item.start_time or timezone.now()}
        values = clean_fields(Service, given, problems, prefix)
        custom = clean_custom(definitions, item.custom, problems, prefix, complete=True)
        row = Service(customer_id=item.customer_id, **values, custom=_present(custom))
        _check_times(row, problems, prefix)
        rows.append(row)
    problems.raise_if_any()
    return rows


def _present(custom: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in custom.items() if value is not None}


def _check_times(row: Service, problems: Problems, prefix: str = "") -> None:
    if row.end_time and row.start_time and row.end_time < row.start_time:
        problems.add(f"{prefix}end_time", "The end can't come before the start.")


def update_service(
    *, actor: Actor, service_id: int, changes: Mapping[str, Any], origin: Origin | None = None
) -> Service:
    with transaction.atomic():
        locked = Service.objects.select_for_update(of=("self",), no_key=True)
        row = permissions.rows(actor, "update", locked, [service_id])[service_id]
        before = snapshot(row)
        _apply(row, changes, custom_fields(RecordKind.SERVICE))
        change = Change(row, before, snapshot(row))
        if change.before == change.after:
            return row
        row.save()
        slim = changed_values(change)
        audit.record(actor=actor, action="service.update", changes=[slim])
        events.publish_changes(Topic.SERVICE_UPDATED, [change])
        entry = NewActivity(row.customer_id, f"{row.type}: {describe(slim)}", ActivityKind.SERVICE)
        timeline.write(actor=actor, entries=[entry], origin=origin)
    return row


def _apply(row: Service, changes: Mapping[str, Any], definitions: Mapping[str, CustomField]) -> None:
    problems = Problems()
    for name in changes.keys() - {*FIELDS, "custom"}:
        problems.add(name, "A service has no such field that can be changed.", "unknown_field")
    values = clean_fields(Service, {name: changes[name] for name in FIELDS if name in changes}, problems)
    for name, value in values.items():
        setattr(row, name, value)
    row.custom = _present(row.custom | clean_custom(definitions, changes.get("custom") or {}, problems))
    _check_times(row, problems)
    problems.raise_if_any()


def delete_service(*, actor: Actor, service_id: int) -> None:
    with transaction.atomic():
        locked = Service.objects.select_for_update(of=("self",))
        row = permissions.rows(actor, "delete", locked, [service_id])[service_id]
        audit.record_one(actor=actor, action="service.delete", target=row, before=snapshot(row))
        entry = NewActivity(row.customer_id, f"Service removed: {row.type}", ActivityKind.SERVICE)
        timeline.write(actor=actor, entries=[entry])
        row.delete()
