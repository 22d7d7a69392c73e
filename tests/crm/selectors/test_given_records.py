"""The records of the fixture load, and show as they were given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command

from crm.actors import SYSTEM
from crm.selectors.customers import CustomerQuery, list_customers
from crm.selectors.requests import RequestQuery, list_requests
from crm.selectors.services import ServiceQuery, get_service, list_services
from crm.services.customers import NewCustomer, create_customer


@pytest.fixture(autouse=True)
def given(db: None) -> None:
    call_command("loaddata", "given_records", verbosity=0)


def clock(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M") if at else ""


def test_customers_show_as_given() -> None:
    rows = list_customers(actor=SYSTEM, query=CustomerQuery()).items
    assert [(row.pk, row.name, row.email, row.phone_number, row.notes) for row in rows] == [
        (1, "Alice", "alice@example.com", "1234567890", "Customer"),
        (2, "Bob", "bob@example.com", "0987654321", "Client"),
        (3, "Charlie", "charlie@example.com", "1111111111", "Lead"),
    ]


def test_services_show_as_given() -> None:
    rows: list[Any] = list_services(actor=SYSTEM, query=ServiceQuery(sort="start")).items
    assert [
        (
            row.customer.name,
            row.customer.email,
            row.customer.phone_number,
            row.get_status_display(),
            clock(row.start_time),
        )
        for row in rows
    ] == [
        ("Alice", "alice@example.com", "1234567890", "Pending", "2021-07-01 09:00"),
        ("Bob", "bob@example.com", "0987654321", "Pending", "2021-07-01 13:30"),
        ("Charlie", "charlie@example.com", "1111111111", "Completed", "2021-07-01 15:00"),
    ]
    details = [get_service(actor=SYSTEM, service_id=row.pk) for row in rows]
    assert [(row.type, clock(row.end_time)) for row in details] == [
        ("Technical Support", "2021-07-01 13:00"),
        ("Sales Inquiry", ""),
        ("Customer Feedback", "2021-07-01 16:00"),
    ]


def test_requests_show_as_given() -> None:
    rows = list_requests(actor=SYSTEM, query=RequestQuery(sort="time")).items
    assert [
        (row.customer.name, str(row.service), clock(row.request_time), clock(row.response_time)) for row in rows
    ] == [
        ("Alice", "Technical Support", "2021-07-01 09:10", "2021-07-01 10:30"),
        ("Bob", "Sales Inquiry", "2021-07-01 14:00", ""),
        ("Charlie", "Customer Feedback", "2021-07-01 16:30", "2021-07-01 17:30"),
    ]


def test_the_next_customer_gets_the_next_number() -> None:
    assert create_customer(actor=SYSTEM, new=NewCustomer("Dora", "dora@example.com")).pk == 4
