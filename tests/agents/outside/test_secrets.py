"""Secrets go in and never come out: not by a handle, not by another system that gives them back."""

from __future__ import annotations

import base64
import copy
import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.db import connection

from agents.models import Connection
from agents.secrets import REDACTED, Secret, redact, watching
from agents.services.connections import save_connection, secret_of
from crm.actors import Actor
from crm.errors import NotAllowed
from crm.sealing import CannotOpen
from tests.agents.canary import Canary, send
from tests.agents.running import RunStep

CANARY = 'canary/7+"ö" secret'


@pytest.mark.parametrize("show", [repr, str, "{}".format, lambda secret: f"{[secret]!r}"])
def test_a_handle_does_not_show_its_secret(show: Any) -> None:
    assert CANARY not in show(Secret(CANARY))


@pytest.mark.parametrize("carry", [copy.copy, copy.deepcopy, lambda secret: secret.__reduce__()])
def test_a_handle_can_not_be_carried_elsewhere(carry: Any) -> None:
    with pytest.raises(TypeError):
        carry(Secret(CANARY))


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        f"Bearer {CANARY}!",
        quote_plus(CANARY),
        json.dumps({"a": CANARY}),
        json.dumps({"a": CANARY}, ensure_ascii=False),
        CANARY.encode().hex(),
        base64.b64encode(CANARY.encode()).decode(),
        base64.b64encode(f"u:{CANARY}".encode()).decode(),
        base64.b64encode(f"me:{CANARY} and more".encode()).decode(),
        base64.urlsafe_b64encode(f"abc{CANARY}".encode()).decode(),
    ],
)
def test_every_form_of_a_secret_is_struck_out(text: str) -> None:
    assert REDACTED in redact(text, [CANARY])
    assert CANARY not in redact(text, [CANARY])


def test_secrets_are_struck_out_of_keys_and_of_what_lies_deep() -> None:
    assert redact({CANARY: [{"a": (CANARY, 1)}]}, [CANARY]) == {REDACTED: [{"a": [REDACTED, 1]}]}


def test_a_value_without_secrets_stays_as_it_is() -> None:
    value = {"a": [1, None, True, "text"]}
    assert redact(value, [CANARY]) == value


def test_what_is_revealed_is_watched() -> None:
    with watching() as revealed:
        Secret(CANARY).reveal()
    Secret("other").reveal()
    assert set(revealed) == {CANARY}


def test_a_stored_secret_is_sealed_and_can_be_opened(admin: Actor) -> None:
    found = save_connection(actor=admin, name="shop", kind="http", secret=CANARY)
    assert CANARY.encode() not in bytes(found.secret or b"")
    secret = secret_of(found)
    assert secret is not None
    assert secret.reveal() == CANARY


def test_a_sealed_secret_can_not_be_moved_to_another_connection(admin: Actor) -> None:
    first = save_connection(actor=admin, name="one", kind="http", secret=CANARY)
    other = save_connection(actor=admin, name="two", kind="http", secret="another secret")
    other.secret = first.secret
    with pytest.raises(CannotOpen):
        secret_of(other)


def test_a_manager_can_not_change_a_connection(manager: Actor) -> None:
    with pytest.raises(NotAllowed):
        save_connection(actor=manager, name="shop", kind="http", secret=CANARY)
    assert not Connection.objects.exists()


def echo(status: int) -> Any:
    """What a careless system does: it gives back all that it was told."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        told = handler.headers["Authorization"]
        packed = base64.b64encode(told.encode("latin-1")).decode()
        send(handler, status, json.dumps({"told": told, "packed": packed, told: [told]}).encode())

    return reply


@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_secret_that_another_system_gives_back_is_stored_nowhere(
    status: int, admin: Actor, allowed: Canary, run_step: RunStep, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "canary-0123456789-secret"
    save_connection(actor=admin, name="shop", kind="http", base_url=allowed.url(), hosts=["127.0.0.1"], secret=secret)
    allowed.reply = echo(status)
    run_step("http_request", {"url": "orders", "connection": "shop"}, retry={"max_attempts": 1, "backoff_seconds": 0})
    assert allowed.heard[0].headers["authorization"] == f"Bearer {secret}"
    kept = dump()
    assert REDACTED in kept
    assert secret not in kept
    assert base64.b64encode(f"Bearer {secret}".encode()).decode()[12:36] not in kept
    assert secret not in caplog.text


def dump() -> str:
    """The text of every row there is."""
    names = connection.introspection.table_names()
    with connection.cursor() as cursor:
        rows = []
        for name in names:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{name}" t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)
