"""The lists of customers, services, requests, timelines and the audit trail."""

from __future__ import annotations

import pytest

from crm.errors import InvalidInput, NotFound
from crm.models import Customer
from crm.models.requests import RequestStatus
from crm.selectors.activities import timeline
from crm.selectors.audit import AuditQuery, history_of, list_audit
from crm.selectors.customers import CustomerQuery, filter_customers, get_customer, list_customers, read_query
from crm.selectors.requests import RequestQuery, board, list_requests
from crm.selectors.services import ServiceQuery, list_services
from crm.services.customers import NewCustomer, create_customer
from crm.services.fields import NewField, create_field
from crm.services.requests import NewRequest, create_requests
from crm.services.services import NewService, create_service
from crm.services.tags import tag_customers
from tests.crm.people import People


def found(people: People, **params: str) -> list[str]:
    return [row.name for row in list_customers(actor=people.owner, query=read_query(params)).items]


@pytest.fixture
def lin(people: People) -> Customer:
    create_field(actor=people.manager, new=NewField("seats", "Seats", "number"))
    new = NewCustomer("林伟 Lin Wei", "lin@example.com", "+86 10 555", lifecycle="lead", custom={"seats": 4})
    return create_customer(actor=people.manager, new=new)


@pytest.mark.parametrize("search", ["林伟", "wei lin", "LIN@", "555"])
def test_search_finds_words_in_name_address_and_number(
    people: People, customer: Customer, lin: Customer, search: str
) -> None:
    assert found(people, search=search) == [lin.name]


def test_filters_narrow_the_list(people: People, customer: Customer, lin: Customer) -> None:
    tag_customers(actor=people.manager, customer_ids=[lin.pk], tag="vip")
    Customer.objects.filter(pk=lin.pk).update(churn_risk=0.9)
    assert found(people, lifecycle="lead") == [lin.name]
    assert found(people, owner="me") == [customer.name]
    assert found(people, owner="none") == [lin.name]
    assert found(people, tag="vip") == [lin.name]
    assert found(people, min_risk="0.7") == [lin.name]
    assert found(people, team=str(people.team.pk)) == [customer.name]
    assert found(people, **{"custom.seats": "4"}) == [lin.name]
    assert found(people, **{"custom.seats__gte": "5"}) == []


def test_a_number_field_sorts_and_those_without_it_come_last(people: People, customer: Customer, lin: Customer) -> None:
    assert found(people, sort="custom.seats") == [lin.name, customer.name]
    assert found(people, sort="-custom.seats") == [lin.name, customer.name]


@pytest.mark.parametrize(
    "params",
    [
        {"sort": "password"},
        {"sort": "custom.nothing"},
        {"owner": "x"},
        {"min_risk": "nan"},
        {"min_risk": "much"},
        {"team": "-1"},
        {"segment": "٣"},
        {"custom.nothing": "1"},
        {"lifecycle": "alive"},
    ],
)
def test_a_filter_that_cannot_be_used_is_named(people: People, params: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        found(people, **params)
    assert caught.value.errors


def test_the_list_costs_the_same_number_of_queries_for_any_number_of_rows(
    people: People, customers: list[Customer], django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        page = list_customers(actor=people.manager, query=CustomerQuery())
        assert [row.tag_names for row in page.items] == [[]] * 10


def test_for_a_stranger_the_customer_is_not_there(people: People, customer: Customer) -> None:
    assert not filter_customers(actor=people.stranger, query=CustomerQuery()).exists()
    with pytest.raises(NotFound):
        get_customer(actor=people.stranger, customer_id=customer.pk)
    assert timeline(actor=people.stranger, customer_id=customer.pk).items == []


def test_services_and_requests_follow_their_customer(people: People, customer: Customer) -> None:
    create_service(actor=people.owner, new=NewService(customer.pk, "Phone"))
    create_requests(actor=people.owner, items=[NewRequest(customer.pk, "Help")])
    for actor, number in ((people.colleague, 1), (people.stranger, 0), (people.viewer, 1)):
        assert len(list_services(actor=actor, query=ServiceQuery(search="wang pho")).items) == number
        assert len(list_requests(actor=actor, query=RequestQuery(status="unresolved")).items) == number


def test_the_board_has_a_column_for_each_status(people: People, customer: Customer) -> None:
    create_requests(actor=people.owner, items=[NewRequest(customer.pk, "A"), NewRequest(customer.pk, "B")])
    columns = board(actor=people.owner, query=RequestQuery())
    assert {status: len(page.items) for status, page in columns.items()} == {
        RequestStatus.OPEN: 2,
        RequestStatus.IN_PROGRESS: 0,
        RequestStatus.WAITING: 0,
        RequestStatus.RESOLVED: 0,
    }


def test_the_audit_trail_is_for_managers_and_a_records_history_for_its_readers(
    people: People, customer: Customer
) -> None:
    assert list_audit(actor=people.owner, query=AuditQuery()).items == []
    assert len(list_audit(actor=people.manager, query=AuditQuery(action="customer.create")).items) == 1
    assert history_of(actor=people.owner, object_type="customer", object_id=customer.pk).count() == 1
    with pytest.raises(NotFound):
        history_of(actor=people.stranger, object_type="customer", object_id=customer.pk)
