"""Saves segments: conditions over customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from crm import audit, permissions
from crm.actors import Actor
from crm.models import Segment
from crm.selectors.conditions import check_condition
from crm.services.changes import changed_values
from crm.validation import Problems, clean_fields, refuse

_FIELDS = ("name", "description")


def create_segment(*, actor: Actor, name: str, condition: Mapping[str, Any], description: str = "") -> Segment:
    permissions.require(actor, "create", Segment)
    segment = Segment(created_by_id=actor.member_id)
    return _save(actor, segment, {"name": name, "description": description, "condition": condition}, "segment.create")


def update_segment(*, actor: Actor, segment_id: int, changes: Mapping[str, Any]) -> Segment:
    with transaction.atomic():
        segment = permissions.rows(actor, "update", Segment.objects.select_for_update(of=("self",)), [segment_id])[
            segment_id
        ]
        return _save(actor, segment, changes, "segment.update")


def _save(actor: Actor, segment: Segment, changes: Mapping[str, Any], action: str) -> Segment:
    before = _snapshot(segment) if segment.pk else {}
    problems = Problems()
    for name in changes.keys() - {*_FIELDS, "condition"}:
        problems.add(name, "A segment has no such field that can be changed.", "unknown_field")
    values = clean_fields(Segment, {name: changes[name] for name in _FIELDS if name in changes}, problems)
    if "condition" in changes:
        values["condition"] = check_condition(changes["condition"], problems)
    problems.raise_if_any()
    if "name" in values and Segment.objects.filter(name__iexact=values["name"]).exclude(pk=segment.pk).exists():
        raise refuse("name", "There is a segment of this name already.", "taken")
    for name, value in values.items():
        setattr(segment, name, value)
    after = _snapshot(segment)
    if before == after:
        return segment
    with transaction.atomic():
        segment.save()
        # The condition is shown whole: its parts mean nothing apart.
        slim = changed_values(audit.Change(segment, before, after))
        audit.record(actor=actor, action=action, changes=[slim])
    return segment


def _snapshot(segment: Segment) -> dict[str, Any]:
    return {"name": segment.name, "description": segment.description, "condition": segment.condition}


def delete_segment(*, actor: Actor, segment_id: int) -> None:
    with transaction.atomic():
        segment = permissions.rows(actor, "delete", Segment.objects.select_for_update(of=("self",)), [segment_id])[
            segment_id
        ]
        audit.record_one(actor=actor, action="segment.delete", target=segment, before=_snapshot(segment))
        segment.delete()
