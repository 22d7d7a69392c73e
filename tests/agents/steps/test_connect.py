"""The steps that reach outside: HTTP request, payment, send mail."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from agents.services.connections import save_connection
from crm.actors import Actor
from tests.agents.canary import Canary, send
from tests.agents.running import RunStep, finish
from tests.workflows.engine.conftest import sweep_now
from workflows.states import RunState, StepState

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def test_an_answer_in_json_is_the_output(allowed: Canary, run_step: RunStep) -> None:
    ended = run_step("http_request", {"url": allowed.url("/a?b={{ input.b }}")}, {"b": 7})
    assert ended.output == {"status": 200, "body": {"ok": True}}
    assert allowed.heard[0].path == "/a?b=7"


def test_every_try_of_a_request_carries_the_same_key_and_two_steps_differ(allowed: Canary, run_step: RunStep) -> None:
    allowed.reply = lambda handler: send(handler, 503 if len(allowed.heard) == 1 else 200, b"{}")
    ended = run_step("http_request", {"method": "POST", "url": allowed.url(), "body": {"a": 1}})
    assert ended.state == StepState.WAITING
    sweep_now()
    finish(ended.run)
    run_step("http_request", {"method": "POST", "url": allowed.url()})
    keys = [one.headers["idempotency-key"] for one in allowed.heard]
    assert keys[0] == keys[1] != keys[2]
    assert json.loads(allowed.heard[1].body) == {"a": 1}


@pytest.mark.parametrize(("status", "attempts"), [(400, 1), (404, 1), (422, 1), (500, 2), (429, 2)])
def test_only_what_may_pass_by_itself_is_tried_again(
    status: int, attempts: int, allowed: Canary, run_step: RunStep
) -> None:
    allowed.reply = lambda handler: send(handler, status, b'{"why": "no"}')
    ended = run_step("http_request", {"url": allowed.url()}, retry={"max_attempts": 2, "backoff_seconds": 0})
    if ended.run.state == RunState.RUNNING:
        sweep_now()
        ended = finish(ended.run)
    assert len(allowed.heard) == attempts
    assert (ended.error["code"], ended.error["details"]["body"]) == ("http_error", {"why": "no"})


def test_an_address_inside_is_refused_and_nobody_hears_of_it(canary: Canary, run_step: RunStep) -> None:
    ended = run_step("http_request", {"url": "http://169.254.169.254/{{ input.path }}"}, {"path": "latest"})
    assert ended.error["code"] == "address_refused"
    assert run_step("http_request", {"url": canary.url()}).error["code"] == "address_refused"
    assert canary.connections == 0


def test_a_connection_that_is_not_there_is_named(run_step: RunStep) -> None:
    assert run_step("http_request", {"url": "x", "connection": "shop"}).error["code"] == "no_connection"


@pytest.fixture
def provider(admin: Actor, allowed: Canary) -> Canary:
    """A payment provider that the connection “payments” leads to."""
    there: dict[str, Any] = {"base_url": allowed.url("/v1/"), "hosts": ["127.0.0.1"]}
    save_connection(actor=admin, name="payments", kind="payment", secret="sk-12345", **there)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        send(handler, 201, json.dumps({"id": "pay_1", "status": "paid"}).encode())

    allowed.reply = reply
    return allowed


def test_a_payment_is_asked_of_the_provider_with_a_key_and_the_secret(provider: Canary, run_step: RunStep) -> None:
    ended = run_step(
        "payment", {"amount": {"$expr": "input.total"}, "currency": "CNY", "reference": "A-1"}, {"total": 9.5}
    )
    assert ended.output == {"payment": {"id": "pay_1", "status": "paid"}, "amount": 9.5}
    heard = provider.heard[0]
    assert (heard.method, heard.path) == ("POST", "/v1/payments")
    assert json.loads(heard.body) == {"amount": 9.5, "currency": "CNY", "reference": "A-1"}
    assert heard.headers["authorization"] == "Bearer sk-12345"
    assert heard.headers["idempotency-key"]


def test_what_a_payment_is_not_told_it_finds_in_its_input(provider: Canary, run_step: RunStep) -> None:
    order = {"amount": 120, "currency": "USD", "reference": "A-2"}
    run_step("payment", {}, {"order_data": order}, inputs=["order_data"])
    assert json.loads(provider.heard[0].body) == order


@pytest.mark.parametrize("amount", [0, -5, "12", True, None])
def test_without_an_amount_above_0_nothing_is_paid(amount: Any, provider: Canary, run_step: RunStep) -> None:
    ended = run_step("payment", {}, {"order_data": {"amount": amount}}, inputs=["order_data"])
    assert ended.error["code"] == "no_amount"
    assert provider.heard == []


class Box(Message):
    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.mails: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.mails.append(message)


@contextmanager
def serving(box: Box, settings: Any) -> Iterator[None]:
    """The box as the installation's own mail server, on the loopback address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_BACKEND = SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    try:
        yield
    finally:
        controller.stop()


@pytest.fixture
def box(settings: Any) -> Iterator[Box]:
    box = Box()
    with serving(box, settings):
        yield box


MAIL = {"to": "{{ input.email }}", "subject": "Hello {{ input.name }}", "body": "Dear {{ input.name }},\n…"}
ALICE = {"name": "Alice 王芳", "email": "alice@example.com"}


def test_a_mail_is_sent_with_an_id_that_stays_the_same(box: Box, run_step: RunStep) -> None:
    ended = run_step("send_mail", MAIL, ALICE)
    mail = box.mails[0]
    assert (mail["To"], mail["Message-ID"]) == ("alice@example.com", ended.output["message_id"])
    assert "Alice 王芳" in mail.get_payload(decode=True).decode()


@pytest.mark.parametrize("to", ["", "nobody", "a@example.com, b@example.com", "a@example.com\nBcc: b@example.com"])
def test_a_mail_goes_to_one_address_or_to_nobody(to: str, box: Box, run_step: RunStep) -> None:
    ended = run_step("send_mail", MAIL, {**ALICE, "email": to})
    assert ended.run.state == RunState.FAILED
    assert box.mails == []


def test_a_subject_can_not_bring_headers_of_its_own(box: Box, run_step: RunStep) -> None:
    run_step("send_mail", MAIL, {**ALICE, "name": "x\r\nBcc: eve@example.com"})
    assert box.mails[0]["Bcc"] is None


def test_a_mail_server_that_is_away_is_tried_again(settings: Any, run_step: RunStep) -> None:
    settings.EMAIL_BACKEND = SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert run_step("send_mail", MAIL, ALICE).state == StepState.WAITING


class Vanishing(Box):
    """Takes the mail and breaks off before it says so: nobody can know whether it was sent."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await super().handle_DATA(server, session, envelope)
        server.transport.abort()
        return "250 OK"


def test_a_mail_that_may_have_been_sent_is_left_to_a_person(settings: Any, run_step: RunStep) -> None:
    box = Vanishing()
    with serving(box, settings):
        assert run_step("send_mail", MAIL, ALICE).state == StepState.UNCERTAIN
    assert len(box.mails) == 1


def test_a_connection_s_mail_server_is_used_with_its_sender(
    box: Box, admin: Actor, settings: Any, run_step: RunStep
) -> None:
    place = f"127.0.0.1:{settings.EMAIL_PORT}"
    settings.OUTGOING_ALLOWED, settings.EMAIL_PORT = [place], 1
    save_connection(
        actor=admin, name="news", kind="smtp", base_url=f"smtp://{place}", options={"sender": "news@example.com"}
    )
    run_step("send_mail", {**MAIL, "connection": "news"}, ALICE)
    assert box.mails[0]["From"] == "news@example.com"


def test_a_connection_s_mail_server_inside_is_refused(box: Box, admin: Actor, settings: Any, run_step: RunStep) -> None:
    settings.OUTGOING_ALLOWED = []
    save_connection(actor=admin, name="news", kind="smtp", base_url="smtp://127.0.0.1:587")
    assert run_step("send_mail", {**MAIL, "connection": "news"}, ALICE).error["code"] == "address_refused"
    assert box.mails == []
