"""Creating, changing and deleting customers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.errors import InvalidInput, NotAllowed, NotFound
from crm.models import Activity, AuditEntry, Customer, CustomField, Event
from crm.services.customers import (
    NewCustomer,
    create_customer,
    create_customers,
    delete_customer,
    join_team,
    set_owner,
    update_customer,
    update_customers,
)
from tests.crm.conftest import Counts
from tests.crm.people import People


def test_a_new_customer_leaves_audit_event_and_timeline(people: People) -> None:
    customer = create_customer(actor=people.manager, new=NewCustomer("Lin Wei", "lin@example.com"))
    entry = AuditEntry.objects.get(action="customer.create")
    event = Event.objects.get(topic="customer.created")
    assert (entry.actor_id, entry.object_id, entry.before) == (people.manager.id, str(customer.pk), {})
    assert entry.after["email"] == "lin@example.com"
    assert event.payload["id"] == customer.pk
    assert Activity.objects.get(customer=customer).summary == "Customer added"


def test_an_address_is_taken_whatever_its_case(people: People, customer: Customer) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_customer(actor=people.manager, new=NewCustomer("Other", "WANG@Example.com"))
    assert caught.value.errors[0]["field"] == "email"
    assert caught.value.errors[0]["code"] == "taken"


def test_of_many_all_problems_are_told_and_none_is_created(people: People, counts: Callable[[], Counts]) -> None:
    before = counts()
    items = [NewCustomer("", "a@example.com"), NewCustomer("B", "no address"), NewCustomer("C", "a@example.com")]
    with pytest.raises(InvalidInput) as caught:
        create_customers(actor=people.manager, items=items)
    assert [problem["field"] for problem in caught.value.errors] == ["0.name", "1.email", "2.email"]
    assert counts() == before


def test_an_operator_owns_whom_it_adds(people: People) -> None:
    customer = create_customer(actor=people.owner, new=NewCustomer("New", "new@example.com"))
    assert customer.owner_id == people.owner.member_id


def test_a_change_is_told_by_its_values(people: People, customer: Customer) -> None:
    update_customer(actor=people.owner, customer_id=customer.pk, changes={"lifecycle": "at_risk"})
    entry = AuditEntry.objects.get(action="customer.update")
    assert (entry.before, entry.after) == ({"lifecycle": "active"}, {"lifecycle": "at_risk"})
    assert Activity.objects.latest("pk").summary == "Lifecycle: Active → At risk"
    payload = Event.objects.get(topic="customer.updated").payload
    assert payload["changed"] == ["lifecycle"]
    assert payload["after"]["name"] == "Wang Fang"


def test_no_change_leaves_no_trace(people: People, customer: Customer, counts: Callable[[], Counts]) -> None:
    before = counts()
    update_customer(actor=people.owner, customer_id=customer.pk, changes={"name": "Wang Fang", "custom": {}})
    assert counts() == before


def test_many_are_changed_by_few_statements(people: People, customers: list[Customer]) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        update_customers(actor=people.manager, changes={row.pk: {"notes": "seen"} for row in customers})
    statements = [query for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) <= 6
    assert Customer.objects.filter(notes="seen").count() == len(customers)


def test_a_change_keeps_when_the_customer_was_added(people: People, customer: Customer) -> None:
    update_customer(actor=people.owner, customer_id=customer.pk, changes={"notes": "x"})
    stored = Customer.objects.get(pk=customer.pk)
    assert stored.created_at == customer.created_at
    assert stored.updated_at > customer.updated_at


def test_a_custom_value_is_changed_alone_and_none_takes_it_away(people: People, customer: Customer) -> None:
    for key in ("plan", "seats"):
        CustomField.objects.create(record="customer", key=key, label=key, type="text")
    update_customer(actor=people.owner, customer_id=customer.pk, changes={"custom": {"plan": "Gold", "seats": "3"}})
    changed = update_customer(actor=people.owner, customer_id=customer.pk, changes={"custom": {"seats": None}})
    assert changed.custom == {"plan": "Gold"}


def test_an_unknown_field_is_refused(people: People, customer: Customer) -> None:
    with pytest.raises(InvalidInput) as caught:
        update_customer(actor=people.owner, customer_id=customer.pk, changes={"churn_risk": 0})
    assert caught.value.errors[0]["code"] == "unknown_field"


def test_a_colleague_of_the_team_may_change_the_customer(people: People, customer: Customer) -> None:
    assert update_customer(actor=people.colleague, customer_id=customer.pk, changes={"notes": "hi"}).notes == "hi"


def test_for_a_stranger_the_customer_does_not_exist(
    people: People, customer: Customer, counts: Callable[[], Counts]
) -> None:
    before = counts()
    with pytest.raises(NotFound):
        update_customer(actor=people.stranger, customer_id=customer.pk, changes={"notes": "hi"})
    assert counts() == before
    assert Customer.objects.get(pk=customer.pk).notes == ""


def test_a_viewer_may_not_change_a_customer(people: People, customer: Customer) -> None:
    with pytest.raises(NotAllowed):
        update_customer(actor=people.viewer, customer_id=customer.pk, changes={"notes": "hi"})
    assert Customer.objects.get(pk=customer.pk).notes == ""


def test_one_customer_out_of_reach_refuses_them_all(people: People, customer: Customer) -> None:
    other = create_customer(actor=people.stranger, new=NewCustomer("Other", "other@example.com"))
    with pytest.raises(NotFound):
        update_customers(actor=people.owner, changes={row.pk: {"notes": "hi"} for row in (customer, other)})
    assert not Customer.objects.filter(notes="hi").exists()


def test_an_owner_who_cannot_log_in_is_refused(people: People, customer: Customer) -> None:
    with pytest.raises(InvalidInput):
        set_owner(actor=people.manager, customer_id=customer.pk, owner_id=987654)


def test_only_those_who_may_delete_do(people: People, customer: Customer) -> None:
    with pytest.raises(NotAllowed):
        delete_customer(actor=people.owner, customer_id=customer.pk)
    delete_customer(actor=people.manager, customer_id=customer.pk)
    assert not Customer.objects.filter(pk=customer.pk).exists()
    assert AuditEntry.objects.get(action="customer.delete").before["email"] == "wang@example.com"


def test_joining_a_team_twice_is_one_joining(people: People, customers: list[Customer]) -> None:
    ids = [row.pk for row in customers]
    assert join_team(actor=people.manager, team_id=people.team.pk, customer_ids=ids) == len(ids)
    assert join_team(actor=people.manager, team_id=people.team.pk, customer_ids=ids) == 0
    assert AuditEntry.objects.filter(action="customer.join_team").count() == len(ids)
