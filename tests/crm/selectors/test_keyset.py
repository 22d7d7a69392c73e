"""Paging by keyset shows each row once, whatever the order and the size of the pages."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.errors import InvalidInput
from crm.models import Customer
from crm.selectors.customers import SORTS, CustomerQuery, list_customers
from crm.selectors.keyset import Sort, page_of
from crm.services.customers import NewCustomer, create_customers
from tests.crm.people import People


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    risks=st.lists(st.sampled_from([None, 0.1, 0.5, 0.5000000001, 1.0]), min_size=1, max_size=25),
    size=st.integers(1, 9),
    key=st.sampled_from(SORTS),
)
def test_every_row_is_shown_once_and_in_order(people: People, risks: list[float | None], size: int, key: str) -> None:
    Customer.objects.all().delete()
    items = [NewCustomer(f"N{index % 3}", f"p{index}@example.com") for index in range(len(risks))]
    made = create_customers(actor=people.manager, items=items)
    for row, risk in zip(made, risks, strict=True):
        Customer.objects.filter(pk=row.pk).update(churn_risk=risk)
    whole = list_customers(actor=people.manager, query=CustomerQuery(sort=key, size=200))
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = list_customers(actor=people.manager, query=CustomerQuery(sort=key, size=size, cursor=cursor))
        seen += [row.pk for row in page.items]
        cursor = page.next
    assert seen == [row.pk for row in whole.items]
    assert len(set(seen)) == len(risks)


def test_rows_added_while_paging_move_nothing(people: People, customers: list[Customer]) -> None:
    sort = Sort("name", "name")
    first = page_of(Customer.objects.all(), sort, "", 4)
    create_customers(actor=people.manager, items=[NewCustomer("A first", "first@example.com")])
    second = page_of(Customer.objects.all(), sort, first.next or "", 4)
    assert [row.name for row in second.items] == [f"Customer {index:02}" for index in range(4, 8)]


def forged(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "%%%",
        "bm90IGpzb24",
        forged("name", "v", "x"),
        forged("-name", "v", "x", 1),
        forged("name", "v", "x", -1),
        forged("name", "v", "x", True),
        forged("name", "v", {"a": 1}, 1),
        forged("name", "v", "\x00", 1),
        forged("name", "t", "no time", 1),
    ],
)
def test_a_marker_that_is_not_ours_is_refused(people: People, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        page_of(Customer.objects.all(), Sort("name", "name"), cursor)
