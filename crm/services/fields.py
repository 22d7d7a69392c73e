"""Adds and changes custom fields."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet

from crm import audit, permissions
from crm.actors import Actor
from crm.errors import Conflict
from crm.models import Customer, CustomField, Service, ServiceRequest
from crm.models.fields import FieldType, RecordKind
from crm.services.changes import changed_values
from crm.validation import Problems, clean_fields

_SHOWN = ("record", "key", "label", "type", "choices", "required", "position")
_CHANGEABLE = ("label", "choices", "required", "position")
# No double underscore: lookups are written with it.
_KEY = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")
_MOST_CHOICES = 200


@dataclass(frozen=True)
class NewField:
    key: str
    label: str
    type: str = FieldType.TEXT
    record: str = RecordKind.CUSTOMER
    choices: Sequence[str] = ()
    required: bool = False


def create_field(*, actor: Actor, new: NewField) -> CustomField:
    return create_fields(actor=actor, items=[new])[0]


def create_fields(*, actor: Actor, items: Sequence[NewField]) -> list[CustomField]:
    permissions.require(actor, "create", CustomField)
    problems = Problems()
    rows = [_build(item, problems) for item in items]
    taken = set(CustomField.objects.values_list("record", "key"))
    for row in rows:
        if (row.record, row.key) in taken:
            problems.add("key", f"There is a field {row.key!r} already.", "taken")
        taken.add((row.record, row.key))
    problems.raise_if_any()
    with transaction.atomic():
        last = CustomField.objects.aggregate(last=Max("position"))["last"] or 0
        for offset, row in enumerate(rows, start=1):
            row.position = last + offset
        CustomField.objects.bulk_create(rows)
        changes = [audit.Change(row, after=_snapshot(row)) for row in rows]
        audit.record(actor=actor, action="field.create", changes=changes)
    return rows


def _build(item: NewField, problems: Problems) -> CustomField:
    given = {"record": item.record, "key": item.key, "label": item.label, "type": item.type}
    row = CustomField(**clean_fields(CustomField, given, problems), required=item.required)
    if not _KEY.match(item.key):
        problems.add("key", "Use letters and digits, single underscores between them, and a letter first.")
    row.choices = _choices(item.type, item.choices, problems)
    return row


def _choices(field_type: str, choices: Sequence[str], problems: Problems) -> list[str]:
    cleaned = list(dict.fromkeys(str(choice).strip() for choice in choices if str(choice).strip()))
    if field_type == FieldType.CHOICE and not 1 <= len(cleaned) <= _MOST_CHOICES:
        problems.add("choices", f"Give 1 to {_MOST_CHOICES} choices.", "required")
    return cleaned if field_type == FieldType.CHOICE else []


def _snapshot(row: CustomField) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHOWN}


def update_field(*, actor: Actor, field_id: int, changes: Mapping[str, Any]) -> CustomField:
    """Key and type stay: values are stored by the one, as the other."""
    with transaction.atomic():
        row = _lock(actor, "update", field_id)
        before = _snapshot(row)
        problems = Problems()
        for name in changes.keys() - set(_CHANGEABLE):
            problems.add(name, "This can't be changed; add another field instead.", "fixed")
        plain = {name: changes[name] for name in ("label", "required", "position") if name in changes}
        for name, value in clean_fields(CustomField, plain, problems).items():
            setattr(row, name, value)
        if "choices" in changes:
            row.choices = _choices(row.type, changes["choices"], problems)
        problems.raise_if_any()
        slim = changed_values(audit.Change(row, before, _snapshot(row)))
        if slim.after:
            row.save()
            audit.record(actor=actor, action="field.update", changes=[slim])
    return row


def _lock(actor: Actor, action: str, field_id: int) -> CustomField:
    return permissions.rows(actor, action, CustomField.objects.select_for_update(), [field_id])[field_id]


def delete_field(*, actor: Actor, field_id: int) -> None:
    """Refused while records still hold values: they would be lost without a trace."""
    with transaction.atomic():
        row = _lock(actor, "delete", field_id)
        if _holders(row).filter(custom__has_key=row.key).exists():
            raise Conflict(f"Records still have a value in {row.label!r}; clear it there first.", code="field_in_use")
        audit.record_one(actor=actor, action="field.delete", target=row, before=_snapshot(row))
        row.delete()


def _holders(row: CustomField) -> QuerySet[Customer] | QuerySet[Service] | QuerySet[ServiceRequest]:
    if row.record == RecordKind.SERVICE:
        return Service.objects.all()
    return ServiceRequest.objects.all() if row.record == RecordKind.REQUEST else Customer.objects.all()
