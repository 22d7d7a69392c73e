"""Development's sandboxes: caught mails, and a payment provider that knows its keys."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from agents.models import CaughtMail, SandboxPayment
from tests.agents.fixtures import As

pytestmark = pytest.mark.django_db
MAIL = "Subject: Hello\nContent-Type: text/plain; charset=utf-8\n\n<b>Dear</b> Wang Fang\n"


def pay(key: str, **given: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return Client().post("/sandbox/payments", json.dumps(given), content_type="application/json", headers=headers)


def test_the_same_key_is_paid_once() -> None:
    first, second = pay("k1", amount=12.5), pay("k1", amount=12.5)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert SandboxPayment.objects.get().amount == Decimal("12.50")


@pytest.mark.parametrize(
    ("key", "given"),
    [("", {"amount": 1}), ("k" * 101, {"amount": 1}), ("k", {}), ("k", {"amount": 0}), ("k", {"amount": "NaN"}),
     ("k", {"amount": "Infinity"}), ("k", {"amount": 1e12}), ("k", {"amount": [1]}),
     ("k", {"amount": 1, "reference": "\x00"})],
)  # fmt: skip
def test_a_payment_without_key_or_amount_is_refused(key: str, given: dict[str, Any]) -> None:
    assert pay(key, **given).status_code == 422
    assert not SandboxPayment.objects.exists()


@pytest.mark.parametrize("page", ["/dev/mail/", "/dev/payments/", "/dev/mail/1/"])
def test_nothing_of_it_exists_outside_development(page: str, logged_in: As, settings: Any) -> None:
    settings.SANDBOX_URL = ""
    assert logged_in("admin").get(page).status_code == 404
    assert pay("k", amount=1).status_code == 404


def test_a_mail_is_shown_as_text_only(logged_in: As) -> None:
    mail = CaughtMail.objects.create(sender="a@x.io", recipients=["b@x.io"], subject="Hello", source=MAIL)
    client = logged_in("viewer")
    assert "Hello" in client.get("/dev/mail/").content.decode()
    shown = client.get(f"/dev/mail/{mail.pk}/").content.decode()
    assert "&lt;b&gt;Dear&lt;/b&gt; Wang Fang" in shown
    assert "<b>Dear" not in shown


def test_payments_are_listed(logged_in: As) -> None:
    pay("k1", amount=1999, reference="Order 7")
    shown = logged_in("viewer").get("/dev/payments/").content.decode()
    assert "Order 7" in shown
    assert "1,999.00" in shown


def test_a_payment_that_is_nested_too_deeply_is_refused() -> None:
    answer = Client().post("/sandbox/payments", "[" * 20_000, content_type="application/json")
    assert (answer.status_code, SandboxPayment.objects.exists()) == (422, False)
