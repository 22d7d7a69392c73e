"""What the rows of an import would do to the customers: the same for a dry run and for the import itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from django.db.models.fields.json import KT
from django.db.models.functions import Lower
from django.utils import timezone

from crm import permissions
from crm.actors import Actor
from crm.imports.mapping import Values, values_of
from crm.models import Customer, CustomField, Lifecycle, Member
from crm.models.customers import CustomerKind
from crm.services.customers import FIELDS, TAKEN, NewCustomer
from crm.validation import Problems, clean_custom, clean_fields

Row = tuple[int, Sequence[str]]  # its number in the file, the header being 1, and its cells


@dataclass(frozen=True)
class Target:
    """What one row comes to."""

    row: int
    values: Values
    changes: Mapping[str, Any]  # own fields, `custom`, `owner_id`
    customer: Customer | None = None  # None is to be created


@dataclass
class Plan:
    create: list[Target] = field(default_factory=list)
    update: list[Target] = field(default_factory=list)
    unchanged: list[Target] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)  # {"row", "column", "message"}

    @property
    def targets(self) -> list[Target]:
        return [*self.create, *self.update, *self.unchanged]

    def counts(self) -> dict[str, int]:
        return {
            "create": len(self.create),
            "update": len(self.update),
            "unchanged": len(self.unchanged),
            "error": len({error["row"] for error in self.errors}),
        }


class Planner:
    """Holds what all rows of an import are looked up in."""

    def __init__(
        self,
        actor: Actor,
        columns: Sequence[str],
        targets: Sequence[tuple[int, str]],
        match_key: str,
        definitions: Mapping[str, CustomField],
        rows: Sequence[Sequence[str]],
    ) -> None:
        self.actor, self.targets, self.definitions = actor, targets, definitions
        self.match_key = match_key
        self.column_of = {_field_of(target): columns[index] for index, target in targets}
        self.owners = {member.username.lower(): member.pk for member in Member.objects.filter(is_active=True)}
        self.known = self._known_by_custom_key()
        self.first_row = self._first_rows(rows)
        self.problems = Problems()

    def _known_by_custom_key(self) -> dict[str, int]:
        """All customers by a custom match key: there is no index by which to ask for a batch of them."""
        if self.match_key == "email":
            return {}
        mine = permissions.scope(self.actor, Customer.objects.all(), "update")
        keyed = mine.annotate(key=KT(self.match_key.replace(".", "__"))).filter(key__isnull=False)
        return {str(key).lower(): pk for key, pk in keyed.values_list("key", "pk")}

    def _first_rows(self, rows: Sequence[Sequence[str]]) -> dict[str, int]:
        first: dict[str, int] = {}
        for number, row in enumerate(rows, start=2):
            first.setdefault(self._key(values_of(row, self.targets)), number)
        return first

    def _key(self, values: Values) -> str:
        if self.match_key == "email":
            return values.own.get("email", "").lower()
        return values.custom.get(self.match_key.removeprefix("custom."), "").lower()

    def plan(self, rows: Sequence[Row]) -> Plan:
        plan = Plan()
        read = [(number, values_of(row, self.targets)) for number, row in rows]
        matched = self._matched([values for _, values in read])
        taken = self._addresses([values for _, values in read])
        for number, values in read:
            customer = matched.get(self._key(values))
            target, errors = self._target(number, values, customer, taken)
            plan.errors += errors
            if not errors:
                kind = plan.create if customer is None else plan.update if target.changes else plan.unchanged
                kind.append(target)
        return plan

    def _matched(self, read: Sequence[Values]) -> dict[str, Customer]:
        keys = {self._key(values) for values in read} - {""}
        rows = permissions.scope(self.actor, Customer.objects.all(), "update")
        if self.match_key == "email":
            found = rows.annotate(address=Lower("email")).filter(address__in=keys)
            return {customer.email.lower(): customer for customer in found}
        by_id = rows.in_bulk([self.known[key] for key in keys if key in self.known])
        return {key: by_id[self.known[key]] for key in keys if self.known.get(key) in by_id}

    def _addresses(self, read: Sequence[Values]) -> dict[str, int]:
        wanted = {values.own.get("email", "").lower() for values in read} - {""}
        found = Customer.objects.annotate(address=Lower("email")).filter(address__in=wanted)
        return dict(found.values_list("address", "pk"))

    def _target(
        self, number: int, values: Values, customer: Customer | None, taken: Mapping[str, int]
    ) -> tuple[Target, list[dict[str, Any]]]:
        problems = self.problems
        problems.found = []
        self._check_key(number, values, problems)
        wanted = clean_fields(Customer, self._own(values, customer), problems)
        address = str(wanted.get("email", "")).lower()
        if address in taken and taken[address] != (customer.pk if customer else None):
            problems.add("email", TAKEN, "taken")
        if "owner" in values.own:
            wanted["owner_id"] = self._owner(values.own["owner"], problems)
        if "service_start" in values.own and start_of(values) is None:
            problems.add("service_start", "Give a date as year-month-day, such as 2026-03-31.")
        custom = clean_custom(self.definitions, values.custom, problems, complete=customer is None)
        errors = [
            {"row": number, "column": self.column_of.get(problem["field"], ""), "message": problem["message"]}
            for problem in problems.found
        ]
        return Target(number, values, self._changes(wanted, custom, customer), customer), errors

    def _check_key(self, number: int, values: Values, problems: Problems) -> None:
        key = self._key(values)
        if not key:
            problems.add(self.match_key, "The row has no value to find its customer by.", "required")
        elif self.first_row.get(key, number) < number:
            problems.add(self.match_key, f"Row {self.first_row[key]} is of the same customer.", "twice")

    def _own(self, values: Values, customer: Customer | None) -> dict[str, Any]:
        own = {name: value for name, value in values.own.items() if name in FIELDS}
        for name, choices in (("lifecycle", Lifecycle.choices), ("kind", CustomerKind.choices)):
            if name in own:
                own[name] = _choice(own[name], choices)
        if customer is None:
            own = {"name": "", "email": "", **own}  # required, so their absence is a problem
        return own

    def _owner(self, username: str, problems: Problems) -> int | None:
        found = self.owners.get(username.lower())
        if found is None:
            problems.add("owner", f"There is no member {username!r}.", "unknown")
        return found

    def _changes(
        self, wanted: Mapping[str, Any], custom: Mapping[str, Any], customer: Customer | None
    ) -> dict[str, Any]:
        if customer is None:
            return {**wanted, "custom": dict(custom)}
        changes = {name: value for name, value in wanted.items() if getattr(customer, name) != value}
        other = {key: value for key, value in custom.items() if customer.custom.get(key) != value}
        return {**changes, "custom": other} if other else changes


def _field_of(target: str) -> str:
    """The name under which problems of this target come up."""
    return f"custom.{target.removeprefix('new.').partition(':')[0]}" if target.startswith("new.") else target


def _choice(text: str, choices: Collection[tuple[str, str]]) -> str:
    lowered = text.strip().lower()
    return next((value for value, label in choices if lowered in (value, str(label).lower())), text)


def start_of(values: Values) -> datetime | None:
    try:
        day = date.fromisoformat(values.own["service_start"][:10])
    except (KeyError, ValueError):
        return None
    return timezone.make_aware(datetime.combine(day, time()))


def new_customer(target: Target) -> NewCustomer:
    return NewCustomer(**target.changes)
