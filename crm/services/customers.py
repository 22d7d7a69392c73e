"""Creates, changes and deletes customers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from crm import audit, bulk, events, permissions, timeline
from crm.actors import Actor
from crm.audit import Change
from crm.events import Topic
from crm.models import Customer, Lifecycle, Member, Team
from crm.models.activities import ActivityKind
from crm.models.customers import CustomerKind
from crm.origin import Origin
from crm.permissions import Scope
from crm.selectors.fields import custom_fields
from crm.services.changes import changed_values, describe
from crm.timeline import NewActivity
from crm.validation import Problems, clean_custom, clean_fields, refuse

FIELDS = ("name", "email", "phone_number", "kind", "notes", "lifecycle")
CHANGEABLE = (*FIELDS, "custom", "owner_id")
_ADDED = "Customer added"
TAKEN = "Another customer has this address."


@dataclass(frozen=True)
class NewCustomer:
    name: str
    email: str
    phone_number: str = ""
    kind: str = CustomerKind.PERSON
    notes: str = ""
    lifecycle: str = Lifecycle.ACTIVE
    owner_id: int | None = None
    team_ids: Sequence[int] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)


def snapshot(customer: Customer) -> dict[str, Any]:
    """What events and the audit trail say of a customer."""
    return {
        **{name: getattr(customer, name) for name in FIELDS},
        "custom": dict(customer.custom),
        "owner_id": customer.owner_id,
        "churn_risk": customer.churn_risk,
    }


def create_customer(*, actor: Actor, new: NewCustomer, origin: Origin | None = None) -> Customer:
    return _create(actor, [new], origin, prefixed=False)[0]


def create_customers(
    *, actor: Actor, items: Sequence[NewCustomer], origin: Origin | None = None, note: str = _ADDED
) -> list[Customer]:
    """All or none; problems name the position, as in `2.email`."""
    return _create(actor, items, origin, note=note)


def _create(
    actor: Actor,
    items: Sequence[NewCustomer],
    origin: Origin | None,
    *,
    prefixed: bool = True,
    note: str = _ADDED,
) -> list[Customer]:
    permissions.require(actor, "create", Customer)
    if not items:
        return []
    rows = _build(actor, items, prefixed)
    with refusing_taken_addresses(), transaction.atomic():
        bulk.insert(rows)
        _join_teams(rows, items)
        changes = [Change(row, after=snapshot(row)) for row in rows]
        audit.record(actor=actor, action="customer.create", changes=changes)
        events.publish_changes(Topic.CUSTOMER_CREATED, changes)
        entries = [NewActivity(row.pk, note, ActivityKind.CHANGE) for row in rows]
        timeline.write(actor=actor, entries=entries, origin=origin)
    return rows


def _build(actor: Actor, items: Sequence[NewCustomer], prefixed: bool) -> list[Customer]:
    problems, definitions = Problems(), custom_fields()
    owner = None if permissions.scope_of(actor, "create", "customer") is Scope.ALL else actor.member_id
    taken = _taken_addresses([item.email for item in items])
    rows = []
    for index, item in enumerate(items):
        prefix = f"{index}." if prefixed else ""
        values = clean_fields(Customer, {name: getattr(item, name) for name in FIELDS}, problems, prefix)
        custom = clean_custom(definitions, item.custom, problems, prefix, complete=True)
        address = str(values.get("email", "")).lower()
        if address in taken:
            problems.add(f"{prefix}email", TAKEN, "taken")
        taken.add(address)
        kept = {key: value for key, value in custom.items() if value is not None}
        rows.append(Customer(**values, custom=kept, owner_id=item.owner_id or owner))
    _check_members_and_teams(items, problems)
    problems.raise_if_any()
    return rows


def _check_members_and_teams(items: Sequence[NewCustomer], problems: Problems) -> None:
    owners = {item.owner_id for item in items if item.owner_id}
    teams = {team for item in items for team in item.team_ids}
    if owners and Member.objects.filter(pk__in=owners, is_active=True).count() < len(owners):
        problems.add("owner_id", "There is no such member.", "unknown")
    if teams and Team.objects.filter(pk__in=teams).count() < len(teams):
        problems.add("team_ids", "There is no such team.", "unknown")


def _taken_addresses(addresses: Collection[str], besides: Collection[int] = ()) -> set[str]:
    wanted = {address.strip().lower() for address in addresses}
    found = Customer.objects.annotate(address=Lower("email")).filter(address__in=wanted).exclude(pk__in=besides)
    return set(found.values_list("address", flat=True))


def _join_teams(rows: Sequence[Customer], items: Sequence[NewCustomer]) -> None:
    links = [
        Customer.teams.through(customer_id=row.pk, team_id=team)
        for row, item in zip(rows, items, strict=True)
        for team in item.team_ids
    ]
    if links:
        Customer.teams.through.objects.bulk_create(links)


@contextmanager
def refusing_taken_addresses() -> Iterator[None]:
    """Says the loser of a race for an address what the winner's predecessor would have been told by the check."""
    try:
        yield
    except IntegrityError as error:
        if "customer_email_unique" in str(error):
            raise refuse("email", TAKEN, "taken") from error
        raise


def update_customer(
    *, actor: Actor, customer_id: int, changes: Mapping[str, Any], origin: Origin | None = None
) -> Customer:
    return _update(actor, {customer_id: changes}, origin, prefixed=False)[0]


def update_customers(
    *, actor: Actor, changes: Mapping[int, Mapping[str, Any]], origin: Origin | None = None
) -> list[Customer]:
    """All or none; what is the same already leaves no trace. Problems name the customer, as in `17.email`."""
    return _update(actor, changes, origin)


def _update(
    actor: Actor, changes: Mapping[int, Mapping[str, Any]], origin: Origin | None, *, prefixed: bool = True
) -> list[Customer]:
    with refusing_taken_addresses(), transaction.atomic():
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
        rows = permissions.rows(actor, "update", locked, changes.keys())
        before = {pk: snapshot(row) for pk, row in rows.items()}
        _apply(rows, changes, prefixed)
        after = {pk: snapshot(row) for pk, row in rows.items()}
        made = [Change(row, before[pk], after[pk]) for pk, row in rows.items() if before[pk] != after[pk]]
        if made:
            _store(actor, made, origin)
    return [rows[pk] for pk in changes]


def _apply(rows: Mapping[int, Customer], changes: Mapping[int, Mapping[str, Any]], prefixed: bool) -> None:
    problems, definitions = Problems(), custom_fields()
    for pk, wanted in changes.items():
        prefix, row = (f"{pk}." if prefixed else ""), rows[pk]
        for name in wanted.keys() - set(CHANGEABLE):
            problems.add(prefix + name, "A customer has no such field that can be changed.", "unknown_field")
        fields = {name: wanted[name] for name in FIELDS if name in wanted}
        for name, value in clean_fields(Customer, fields, problems, prefix).items():
            setattr(row, name, value)
        custom = row.custom | clean_custom(definitions, wanted.get("custom") or {}, problems, prefix)
        row.custom = {key: value for key, value in custom.items() if value is not None}
        if "owner_id" in wanted:
            row.owner_id = wanted["owner_id"]
    _check_addresses(rows, changes, problems, prefixed)
    _check_owners(changes, problems)
    problems.raise_if_any()


def _check_addresses(
    rows: Mapping[int, Customer], changes: Mapping[int, Mapping[str, Any]], problems: Problems, prefixed: bool
) -> None:
    wanted = {pk: rows[pk].email.lower() for pk in changes if "email" in changes[pk]}
    if not wanted:
        return
    taken = _taken_addresses(wanted.values(), besides=wanted.keys())
    for pk, address in wanted.items():
        if address in taken:
            problems.add(f"{pk}.email" if prefixed else "email", TAKEN, "taken")
        taken.add(address)


def _check_owners(changes: Mapping[int, Mapping[str, Any]], problems: Problems) -> None:
    owners = {wanted["owner_id"] for wanted in changes.values() if wanted.get("owner_id")}
    if owners and Member.objects.filter(pk__in=owners, is_active=True).count() < len(owners):
        problems.add("owner_id", "There is no such member.", "unknown")


def _store(actor: Actor, made: Sequence[Change], origin: Origin | None) -> None:
    rows = [change.target for change in made if isinstance(change.target, Customer)]
    slim = [changed_values(change) for change in made]
    bulk.update(rows, sorted({name.removesuffix("_id") for change in slim for name in change.after}))
    audit.record(actor=actor, action="customer.update", changes=slim)
    events.publish_changes(Topic.CUSTOMER_UPDATED, made)
    timeline.write(actor=actor, entries=map(_told, slim), origin=origin)


def _told(slim: Change) -> NewActivity:
    data = {"before": slim.before, "after": slim.after}
    return NewActivity(slim.target.pk, describe(slim), ActivityKind.CHANGE, data=data)


def set_owner(*, actor: Actor, customer_id: int, owner_id: int | None) -> Customer:
    return update_customer(actor=actor, customer_id=customer_id, changes={"owner_id": owner_id})


def set_teams(*, actor: Actor, customer_id: int, team_ids: Collection[int]) -> Customer:
    with transaction.atomic():
        customer = permissions.rows(actor, "update", Customer.objects.select_for_update(of=("self",)), [customer_id])[
            customer_id
        ]
        if Team.objects.filter(pk__in=team_ids).count() < len(set(team_ids)):
            raise refuse("team_ids", "There is no such team.", "unknown")
        before = sorted(customer.teams.values_list("pk", flat=True))
        if before != sorted(set(team_ids)):
            customer.teams.set(team_ids)
            audit.record_one(
                actor=actor,
                action="customer.update",
                target=customer,
                before={"team_ids": before},
                after={"team_ids": sorted(set(team_ids))},
            )
    return customer


def join_team(*, actor: Actor, team_id: int, customer_ids: Collection[int]) -> int:
    """Answers how many joined; those that are in the team already are left as they are."""
    with transaction.atomic():
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
        rows = permissions.rows(actor, "update", locked, customer_ids)
        if not Team.objects.filter(pk=team_id).exists():
            raise refuse("team_id", "There is no such team.", "unknown")
        links = Customer.teams.through.objects
        inside = set(links.filter(team_id=team_id, customer_id__in=rows).values_list("customer_id", flat=True))
        fresh = [row for pk, row in rows.items() if pk not in inside]
        links.bulk_create(Customer.teams.through(customer_id=row.pk, team_id=team_id) for row in fresh)
        changes = [Change(row, after={"team_id": team_id}) for row in fresh]
        audit.record(actor=actor, action="customer.join_team", changes=changes)
    return len(fresh)


def delete_customer(*, actor: Actor, customer_id: int) -> None:
    delete_customers(actor=actor, customer_ids=[customer_id])


def delete_customers(*, actor: Actor, customer_ids: Collection[int]) -> int:
    """Deletes the customers with their services, requests and timelines; the audit trail keeps what they were."""
    with transaction.atomic():
        locked = Customer.objects.select_for_update(of=("self",)).order_by("pk")
        rows = permissions.rows(actor, "delete", locked, customer_ids)
        changes = [Change(row, before=snapshot(row)) for row in rows.values()]
        audit.record(actor=actor, action="customer.delete", changes=changes)
        Customer.objects.filter(pk__in=rows).delete()
    return len(rows)
