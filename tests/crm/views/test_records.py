"""The pages of services and requests, as list, detail, form and board."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.test import Client

from crm.models import Customer, Service, ServiceRequest
from crm.services.requests import NewRequest, create_request
from crm.services.services import NewService, create_service
from tests.crm.people import People
from tests.crm.views.conftest import Browse

PART = {"HX-Request": "true"}


@pytest.fixture
def client(people: People, browse: Browse) -> Client:
    return browse(people.manager)


def cells(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_given_services_show_as_given(client: Client) -> None:
    call_command("loaddata", "given_records", verbosity=0)
    shown = cells(client, "/services/")
    for word in ("Alice", "alice@example.com", "1234567890", "Pending", "2021-07-01 09:00", "Completed"):
        assert word in shown
    detail = cells(client, "/services/1/")
    assert "Technical Support" in detail
    assert "2021-07-01 13:00" in detail


def test_the_given_requests_show_as_given(client: Client) -> None:
    call_command("loaddata", "given_records", verbosity=0)
    shown = cells(client, "/requests/")
    for word in ("Charlie", "Customer Feedback", "2021-07-01 16:30", "2021-07-01 17:30", "open"):
        assert word in shown


def test_a_service_is_added_for_a_chosen_customer(client: Client, customer: Customer) -> None:
    given = {
        "customer": customer.pk,
        "type": "Plus",
        "status": "active",
        "start_time": "2026-03-01T09:30",
        "end_time": "",
    }
    client.post("/services/new/", given)
    service = Service.objects.get()
    assert (service.customer, service.type, service.end_time) == (customer, "Plus", None)
    assert service.start_time == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def test_without_a_customer_a_service_is_refused_and_kept(client: Client, db: None) -> None:
    answer = client.post("/services/new/", {"type": "Plus", "status": "active", "start_time": "2026-03-01T09:30"})
    assert answer.status_code == 422
    assert "Choose a customer first." in answer.content.decode()
    assert 'value="Plus"' in answer.content.decode()


def test_an_end_before_the_start_is_refused_at_its_field(client: Client, customer: Customer) -> None:
    given = {"customer": customer.pk, "type": "Plus", "status": "active", "start_time": "2026-03-01T09:30"}
    answer = client.post("/services/new/", given | {"end_time": "2026-02-01T09:30"})
    assert answer.status_code == 422
    assert "field-end_time-error" in answer.content.decode()
    assert not Service.objects.exists()


def test_a_time_that_is_none_is_refused(client: Client, customer: Customer) -> None:
    given = {"customer": customer.pk, "type": "Plus", "status": "active", "start_time": "2026-13-45T09:30"}
    assert client.post("/services/new/", given).status_code == 422


def test_customers_to_choose_from_lead_back_to_the_form(client: Client, customer: Customer) -> None:
    shown = cells(client, "/customers/choose/?search=wang&to=/requests/new/")
    assert f'href="/requests/new/?customer={customer.pk}"' in shown


def test_choosing_leads_nowhere_else(client: Client, customer: Customer) -> None:
    assert client.get("/customers/choose/?search=wang&to=https://evil.example/").status_code == 422


@pytest.fixture
def request_(customer: Customer, people: People) -> ServiceRequest:
    return create_request(actor=people.manager, new=NewRequest(customer.pk, "Bill is wrong"))


def test_a_request_is_opened_by_the_form(client: Client, customer: Customer, people: People) -> None:
    service = create_service(actor=people.manager, new=NewService(customer.pk, "Plus"))
    given = {"customer": customer.pk, "subject": "Help", "kind": "question", "priority": "high"}
    client.post("/requests/new/", given | {"service_id": service.pk, "request_time": "2026-03-01T09:30"})
    made = ServiceRequest.objects.get()
    assert (made.subject, made.service, made.priority) == ("Help", service, "high")


def test_resolving_by_the_form_sets_the_response_time(client: Client, request_: ServiceRequest) -> None:
    given = {"subject": "Bill is wrong", "kind": "question", "priority": "normal", "status": "resolved"}
    client.post(f"/requests/{request_.pk}/edit/", given | {"request_time": "2026-03-01T09:30", "response_time": ""})
    request_.refresh_from_db()
    assert request_.status == "resolved"
    assert request_.response_time is not None


def test_the_board_has_a_column_for_each_status(client: Client, request_: ServiceRequest) -> None:
    shown = cells(client, "/requests/board/")
    assert shown.count("data-column=") == 4
    assert "Bill is wrong" in shown


def test_moving_a_card_answers_the_board(client: Client, request_: ServiceRequest) -> None:
    answer = client.post(f"/requests/{request_.pk}/move/", {"status": "waiting"}, headers=PART)
    request_.refresh_from_db()
    assert request_.status == "waiting"
    assert "data-column=" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_moving_to_no_column_is_refused(client: Client, request_: ServiceRequest) -> None:
    assert client.post(f"/requests/{request_.pk}/move/", {"status": "gone"}).status_code == 422
    request_.refresh_from_db()
    assert request_.status == "open"


def test_the_search_finds_records_of_all_kinds(client: Client, request_: ServiceRequest) -> None:
    shown = cells(client, "/search/?q=wang")
    assert "Wang Fang" in shown
    assert "Bill is wrong" in shown
