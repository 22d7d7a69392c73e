"""The development sandbox's warehouse and its refunds."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from agents.models import SandboxPayment

pytestmark = pytest.mark.django_db
ORDER = json.dumps({"order": "A-1"})
JSON_TYPE = "application/json"


@pytest.fixture(autouse=True)
def _sandbox(settings: pytest.FixtureRequest, empty_cache: None) -> None:
    settings.SANDBOX_URL = "http://testserver/sandbox/"  # type: ignore[attr-defined]


def test_an_order_is_shipped(client: Client) -> None:
    answer = client.post("/sandbox/warehouse/orders", ORDER, content_type=JSON_TYPE)
    assert (answer.status_code, answer.json()["shipment"]) == (201, "ship_A-1")


def test_while_it_is_closed_nothing_is_shipped(admin_client: Client) -> None:
    admin_client.post("/dev/warehouse/", {"closed": "yes"})
    assert admin_client.post("/sandbox/warehouse/orders", ORDER, content_type=JSON_TYPE).status_code == 503
    admin_client.post("/dev/warehouse/", {"closed": "no"})
    assert admin_client.post("/sandbox/warehouse/orders", ORDER, content_type=JSON_TYPE).status_code == 201


def test_a_stranger_can_not_close_it(client: Client) -> None:
    assert client.post("/dev/warehouse/", {"closed": "yes"}).status_code == 302
    assert client.post("/sandbox/warehouse/orders", ORDER, content_type=JSON_TYPE).status_code == 201


def test_a_payment_is_given_back_once(client: Client) -> None:
    payment = SandboxPayment.objects.create(idempotency_key="k", amount=5, currency="EUR")
    address = f"/sandbox/payments/pay_{payment.pk}/refunds"
    answers = [client.post(address, headers={"Idempotency-Key": "r"}).status_code for _ in range(2)]
    payment.refresh_from_db()
    assert (answers, payment.refunded) == ([201, 200], True)
