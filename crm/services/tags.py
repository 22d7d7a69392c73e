"""Tags customers and takes tags off."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from crm import audit, events, permissions, timeline
from crm.actors import Actor
from crm.audit import Change
from crm.events import Topic
from crm.models import Customer, Tag
from crm.models.activities import ActivityKind
from crm.origin import Origin
from crm.timeline import NewActivity
from crm.validation import Problems, clean_fields, refuse


def tag_customers(
    *, actor: Actor, customer_ids: Collection[int], tag: str, origin: Origin | None = None, tell: bool = True
) -> int:
    """Answers how many got the tag; those that have it already are left as they are. `tell` on the timeline."""
    with transaction.atomic():
        rows = _lock(actor, customer_ids)
        row = _tag_named(tag)
        fresh = _split(rows, row, has=False)
        links = [Customer.tags.through(customer_id=customer.pk, tag_id=row.pk) for customer in fresh]
        Customer.tags.through.objects.bulk_create(links)
        _leave_trail(actor, fresh, row, "tag")
        if tell:
            _tell(actor, fresh, row, f"Tagged “{row.name}”", origin)
    return len(fresh)


def untag_customers(*, actor: Actor, customer_ids: Collection[int], tag: str, origin: Origin | None = None) -> int:
    with transaction.atomic():
        rows = _lock(actor, customer_ids)
        row = Tag.objects.filter(name=tag.strip()).first()
        if row is None:
            return 0
        tagged = _split(rows, row, has=True)
        Customer.tags.through.objects.filter(tag=row, customer__in=tagged).delete()
        _leave_trail(actor, tagged, row, "untag")
        _tell(actor, tagged, row, f"Tag “{row.name}” removed", origin)
    return len(tagged)


def _lock(actor: Actor, customer_ids: Collection[int]) -> list[Customer]:
    # The lock makes "has it the tag?" and "give it the tag" one act.
    locked = Customer.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(permissions.rows(actor, "tag", locked, customer_ids).values())


def _tag_named(name: str) -> Tag:
    problems = Problems()
    cleaned = clean_fields(Tag, {"name": name}, problems)
    if problems.found:
        raise refuse("tag", "Give a tag of 1 to 50 characters.")
    return Tag.objects.get_or_create(name=cleaned["name"])[0]


def _split(rows: Collection[Customer], tag: Tag, *, has: bool) -> list[Customer]:
    through = Customer.tags.through.objects.filter(tag=tag, customer_id__in=[row.pk for row in rows])
    tagged = set(through.values_list("customer_id", flat=True))
    return [row for row in rows if (row.pk in tagged) == has]


def _leave_trail(actor: Actor, rows: Collection[Customer], tag: Tag, verb: str) -> None:
    before, after = ({}, {"tag": tag.name}) if verb == "tag" else ({"tag": tag.name}, {})
    audit.record(actor=actor, action=f"customer.{verb}", changes=[Change(row, before, after) for row in rows])
    events.publish_many(
        Topic.CUSTOMER_UPDATED,
        ({"id": row.pk, "changed": ["tags"], "before": before, "after": after} for row in rows),
    )


def _tell(actor: Actor, rows: Collection[Customer], tag: Tag, summary: str, origin: Origin | None) -> None:
    entries = [NewActivity(row.pk, summary, ActivityKind.TAG, data={"tag": tag.name}) for row in rows]
    timeline.write(actor=actor, entries=entries, origin=origin)


def create_tag(*, actor: Actor, name: str) -> Tag:
    permissions.require(actor, "create", Tag)
    return _save_tag(actor, Tag(), name, "tag.create")


def rename_tag(*, actor: Actor, tag_id: int, name: str) -> Tag:
    with transaction.atomic():
        tag = permissions.rows(actor, "update", Tag.objects.select_for_update(), [tag_id])[tag_id]
        return _save_tag(actor, tag, name, "tag.update")


def _save_tag(actor: Actor, tag: Tag, name: str, action: str) -> Tag:
    problems = Problems()
    cleaned = clean_fields(Tag, {"name": name}, problems)
    problems.raise_if_any()
    if Tag.objects.filter(name__iexact=cleaned["name"]).exclude(pk=tag.pk).exists():
        raise refuse("name", "There is such a tag already.", "taken")
    before = {"name": tag.name} if tag.pk else {}
    tag.name = cleaned["name"]
    with transaction.atomic():
        tag.save()
        audit.record_one(actor=actor, action=action, target=tag, before=before, after={"name": tag.name})
    return tag


def delete_tag(*, actor: Actor, tag_id: int) -> None:
    with transaction.atomic():
        tag = permissions.rows(actor, "delete", Tag.objects.select_for_update(), [tag_id])[tag_id]
        customers = list(tag.customers.order_by("pk").values_list("pk", flat=True))
        before = {"name": tag.name, "customers": customers}
        audit.record_one(actor=actor, action="tag.delete", target=tag, before=before)
        tag.delete()
