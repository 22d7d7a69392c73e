"""Opening, moving and assigning service requests."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm.errors import InvalidInput, NotAllowed, NotFound
from crm.models import Activity, AuditEntry, Customer, Event, ServiceRequest
from crm.origin import Origin
from crm.services.customers import NewCustomer, create_customer
from crm.services.requests import (
    NewRequest,
    assign_request,
    create_request,
    create_requests,
    delete_request,
    move_request,
    update_request,
)
from crm.services.services import NewService, create_service
from tests.crm.conftest import Counts
from tests.crm.people import People


@pytest.fixture
def request_(people: People, customer: Customer) -> ServiceRequest:
    return create_request(actor=people.owner, new=NewRequest(customer.pk, "Slow line"))


def test_a_request_of_a_run_says_where_it_came_from(people: People, customer: Customer) -> None:
    origin = Origin(uuid.uuid4(), "open", "Churn rescue v3", "churn v1")
    made = create_requests(actor=people.manager, items=[NewRequest(customer.pk, "Call", "Why")], origin=origin)[0]
    entry = Activity.objects.get(kind="request")
    assert made.run_id == origin.run_id
    assert (entry.run_id, entry.node, entry.workflow_version, entry.model) == (
        origin.run_id,
        "open",
        "Churn rescue v3",
        "churn v1",
    )
    assert entry.summary == "Request opened: Call"


def test_many_requests_take_few_statements(people: People, customers: list[Customer]) -> None:
    items = [NewRequest(row.pk, "Call") for row in customers]
    with CaptureQueriesContext(connection) as queries:
        create_requests(actor=people.manager, items=items)
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) <= 6
    assert AuditEntry.objects.filter(action="request.create").count() == len(customers)
    assert len(set(AuditEntry.objects.filter(action="request.create").values_list("operation"))) == 1
    assert Event.objects.filter(topic="request.created").count() == len(customers)


def test_resolving_sets_the_response_time_and_opening_again_clears_it(people: People, request_: ServiceRequest) -> None:
    resolved = move_request(actor=people.colleague, request_id=request_.pk, status="resolved")
    assert resolved.response_time is not None
    assert resolved.response_time >= resolved.request_time
    opened = move_request(actor=people.owner, request_id=request_.pk, status="open")
    assert opened.response_time is None


def test_a_response_before_the_request_is_refused(people: People, request_: ServiceRequest) -> None:
    early = request_.request_time - timedelta(minutes=1)
    with pytest.raises(InvalidInput) as caught:
        update_request(actor=people.owner, request_id=request_.pk, changes={"response_time": early})
    assert caught.value.errors[0]["field"] == "response_time"


def test_an_unknown_status_is_refused(people: People, request_: ServiceRequest) -> None:
    with pytest.raises(InvalidInput):
        move_request(actor=people.owner, request_id=request_.pk, status="lost")
    assert ServiceRequest.objects.get().status == "open"


def test_a_service_of_another_customer_is_refused(people: People, customer: Customer) -> None:
    other = create_customer(actor=people.owner, new=NewCustomer("Other", "other@example.com"))
    service = create_service(actor=people.owner, new=NewService(other.pk, "Phone"))
    with pytest.raises(InvalidInput) as caught:
        create_request(actor=people.owner, new=NewRequest(customer.pk, "Help", service_id=service.pk))
    assert caught.value.errors[0]["field"] == "service_id"


def test_a_stranger_cannot_open_a_request_for_a_customer_of_another_team(
    people: People, customer: Customer, counts: Callable[[], Counts]
) -> None:
    before = counts()
    with pytest.raises(NotFound):
        create_request(actor=people.stranger, new=NewRequest(customer.pk, "Help"))
    assert counts() == before


def test_the_assignee_may_work_on_a_request_of_another_team(people: People, request_: ServiceRequest) -> None:
    assign_request(actor=people.manager, request_id=request_.pk, assignee_id=people.stranger.member_id)
    assert move_request(actor=people.stranger, request_id=request_.pk, status="waiting").status == "waiting"


def test_a_builder_may_not_open_requests(people: People, customer: Customer, counts: Callable[[], Counts]) -> None:
    before = counts()
    with pytest.raises(NotAllowed):
        create_request(actor=people.builder, new=NewRequest(customer.pk, "Help"))
    assert counts() == before


def test_a_request_answered_elsewhere_comes_with_its_history(people: People, customer: Customer) -> None:
    asked: datetime = timezone.now() - timedelta(days=9)
    new = NewRequest(
        customer.pk, "Old", status="resolved", request_time=asked, response_time=asked + timedelta(hours=2)
    )
    create_request(actor=people.manager, new=new)
    entries = Activity.objects.filter(kind="request").order_by("at")
    assert [entry.summary for entry in entries] == ["Request opened: Old", "Old: Resolved"]
    assert entries[0].at == asked


def test_a_deleted_request_stays_in_the_audit_trail(people: People, request_: ServiceRequest) -> None:
    delete_request(actor=people.manager, request_id=request_.pk)
    assert AuditEntry.objects.get(action="request.delete").before["subject"] == "Slow line"
