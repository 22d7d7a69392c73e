"""Reads customers: the list with its search and filters, and one customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, FloatField, Q, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from crm import permissions
from crm.actors import Actor
from crm.errors import NotFound
from crm.models import Customer
from crm.models.fields import FieldType
from crm.selectors.conditions import condition_query
from crm.selectors.fields import custom_fields
from crm.selectors.keyset import PAGE_SIZE, Page, Sort, choose_sort, page_of
from crm.selectors.segments import get_segment
from crm.validation import refuse

_SORTS = {
    "name": Sort("name", "name"),
    "-name": Sort("-name", "name", descending=True),
    # Unscored customers come after all others.
    "-risk": Sort("-risk", Coalesce(F("churn_risk"), Value(-1.0)), descending=True),
    "risk": Sort("risk", Coalesce(F("churn_risk"), Value(2.0))),
    "-created": Sort("-created", "created_at", descending=True),
    "created": Sort("created", "created_at"),
}
SORTS = tuple(_SORTS)


@dataclass(frozen=True)
class CustomerQuery:
    """What a list of customers shows; read_query() makes it from a query string."""

    search: str = ""
    lifecycle: str = ""
    owner: str = ""  # "me", "none" or a member's id
    team: int | None = None
    tag: str = ""
    segment: int | None = None
    min_risk: float | None = None
    rules: Sequence[Mapping[str, Any]] = ()  # as in segments, all of them true
    sort: str = "name"  # one of SORTS, or "custom.<key>" or "-custom.<key>" of a number
    cursor: str = ""
    size: int = PAGE_SIZE


_PLAIN = ("search", "lifecycle", "owner", "tag", "sort", "cursor")
_RANGES = {"gte": "gte", "lte": "lte"}


def read_query(params: Mapping[str, str]) -> CustomerQuery:
    """`custom.contract=One year`, `custom.tenure__gte=3`; every other name is a field of CustomerQuery."""
    given = {key: value.replace("\x00", "").strip() for key, value in params.items()}
    given = {key: value for key, value in given.items() if value}
    values: dict[str, Any] = {name: given[name] for name in _PLAIN if name in given}
    for name in ("team", "segment", "size"):
        if name in given:
            values[name] = _whole(name, given[name])
    if "min_risk" in given:
        values["min_risk"] = _fraction("min_risk", given["min_risk"])
    values["rules"] = [_rule(name, value) for name, value in given.items() if name.startswith("custom.")]
    return CustomerQuery(**values)


def _whole(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise refuse(name, "Give a whole number.")
    return int(text)


def _fraction(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise refuse(name, "Give a number from 0 to 1.") from None
    if not 0 <= number <= 1:
        raise refuse(name, "Give a number from 0 to 1.")
    return number


def _rule(name: str, value: str) -> dict[str, Any]:
    field, _, op = name.partition("__")
    return {"field": field, "op": _RANGES.get(op, "is") if op in ("", *_RANGES) else op, "value": value}


def list_customers(*, actor: Actor, query: CustomerQuery) -> Page[Customer]:
    rows = filter_customers(actor=actor, query=query).select_related("owner").prefetch_related("tags")
    return page_of(rows, _sort(query.sort), query.cursor, query.size)


def _sort(key: str) -> Sort:
    name = key.removeprefix("-")
    if not name.startswith("custom."):
        return choose_sort(_SORTS, key, "name")
    field = custom_fields().get(name.removeprefix("custom."))
    if field is None or field.type != FieldType.NUMBER:
        raise refuse("sort", "Only fields that hold numbers can be sorted by.", "unknown")
    descending = key.startswith("-")
    missing = Value(-1e300 if descending else 1e300)
    return Sort(key, Coalesce(Cast(KT(f"custom__{field.key}"), FloatField()), missing), descending)


def filter_customers(*, actor: Actor, query: CustomerQuery) -> QuerySet[Customer]:
    """All customers that the list shows, page by page."""
    rows = permissions.scope(actor, Customer.objects.all()).filter(_search(query.search), _owned(actor, query.owner))
    if query.lifecycle:
        rows = rows.filter(condition_query({"rules": [{"field": "lifecycle", "op": "is", "value": query.lifecycle}]}))
    if query.tag:
        rows = rows.filter(tags__name=query.tag)
    if query.team:
        rows = rows.filter(pk__in=Customer.teams.through.objects.filter(team=query.team).values("customer_id"))
    if query.min_risk is not None:
        rows = rows.filter(churn_risk__gte=query.min_risk)
    if query.segment:
        rows = rows.filter(condition_query(get_segment(actor=actor, segment_id=query.segment).condition))
    if query.rules:
        rows = rows.filter(condition_query({"match": "all", "rules": list(query.rules)}))
    return rows


def _search(text: str) -> Q:
    """Every word stands somewhere in the name, the address or the number."""
    found = Q()
    for word in text.replace("\x00", "").split()[:8]:
        found &= Q(name__icontains=word) | Q(email__icontains=word) | Q(phone_number__icontains=word)
    return found


def _owned(actor: Actor, owner: str) -> Q:
    if not owner:
        return Q()
    if owner == "none":
        return Q(owner__isnull=True)
    return Q(owner_id=actor.member_id if owner == "me" else _whole("owner", owner))


def get_customer(*, actor: Actor, customer_id: int) -> Customer:
    rows = Customer.objects.select_related("owner").prefetch_related("tags", "teams")
    customer = permissions.scope(actor, rows).filter(pk=customer_id).first()
    if customer is None:
        raise NotFound(f"There is no customer {customer_id}; it may have been deleted.")
    return customer
