"""Webhooks: a run for each signed message, and none for anything else."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, NotFound
from workflows.models import Run, Trigger, Workflow
from workflows.services.hooks import MAX_BYTES, NotSigned, TooLarge, sign, start_by_webhook
from workflows.services.triggers import rotate_webhook_secret, webhook_key
from workflows.services.versions import publish
from workflows.services.workflows import create_workflow, set_enabled

pytestmark = pytest.mark.django_db(transaction=True)
BODY = json.dumps({"order": "A-1"}).encode()


@pytest.fixture
def hook(builder: Actor) -> Trigger:
    document = {
        "name": "Orders",
        "nodes": [{"id": "hook", "type": "trigger_webhook"}, {"id": "do", "type": "set_values"}],
        "edges": [{"from": "hook", "to": "do"}],
    }
    publish(actor=builder, workflow=create_workflow(actor=builder, name="Orders", document=document))
    return Trigger.objects.get()


def signed(hook: Trigger, body: bytes = BODY, message: str = "msg_1", at: float | None = None) -> dict[str, str]:
    sent = str(int(at or time.time()))
    signature = base64.b64encode(sign(webhook_key(hook), message, sent, body)).decode()
    return {"webhook-id": message, "webhook-timestamp": sent, "webhook-signature": f"v1,{signature}"}


def call(hook: Trigger, headers: dict[str, str], body: bytes = BODY) -> Run:
    return start_by_webhook(token=str(hook.token), headers=headers, body=body)


def test_a_signed_message_starts_a_run_at_its_trigger(hook: Trigger) -> None:
    run = call(hook, signed(hook))
    assert (run.input, run.trigger, run.started_by) == ({"order": "A-1"}, "hook", "Webhook")


def test_the_same_message_again_is_the_same_run(hook: Trigger) -> None:
    assert call(hook, signed(hook)).pk == call(hook, signed(hook)).pk
    assert Run.objects.count() == 1


def test_the_same_message_many_times_at_once_is_one_run(hook: Trigger) -> None:
    headers = signed(hook)

    def send(_: int) -> str:
        try:
            return str(call(hook, headers).pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(40)))) == 1
    assert Run.objects.count() == 1


def test_another_message_is_another_run(hook: Trigger) -> None:
    call(hook, signed(hook))
    call(hook, signed(hook, message="msg_2"))
    assert Run.objects.count() == 2


def test_one_good_signature_among_several_is_enough(hook: Trigger) -> None:
    headers = signed(hook)
    old = base64.b64encode(bytes(32)).decode()
    headers["webhook-signature"] = f"v1,{old} v1a,xyz {headers['webhook-signature']}"
    assert call(hook, headers)


FAULTS: dict[str, dict[str, str]] = {
    "no id": {"webhook-id": ""},
    "another id": {"webhook-id": "msg_9"},
    "a long id": {"webhook-id": "m" * 121},
    "no time": {"webhook-timestamp": ""},
    "another time": {"webhook-timestamp": str(int(time.time()) - 1)},
    "a time that is no number": {"webhook-timestamp": "soon"},
    "a negative time": {"webhook-timestamp": "-1"},
    "a huge time": {"webhook-timestamp": "9" * 400},
    "no signature": {"webhook-signature": ""},
    "an empty signature": {"webhook-signature": "v1,"},
    "a signature that is not base64": {"webhook-signature": "v1,!!!"},
    "a forged signature": {"webhook-signature": "v1," + base64.b64encode(bytes(32)).decode()},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_signed_starts_nothing(hook: Trigger, fault: str) -> None:
    with pytest.raises(NotSigned):
        call(hook, signed(hook) | FAULTS[fault])
    assert not Run.objects.exists()


def test_a_truncated_signature_starts_nothing(hook: Trigger) -> None:
    headers = signed(hook)
    with pytest.raises(NotSigned):
        call(hook, headers | {"webhook-signature": headers["webhook-signature"][:-8]})
    assert not Run.objects.exists()


def test_a_signature_of_another_version_is_not_taken(hook: Trigger) -> None:
    headers = signed(hook)
    with pytest.raises(NotSigned):
        call(hook, headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")})
    assert not Run.objects.exists()


@pytest.mark.parametrize("body", [b'{"order": "A-2"}', b"", BODY + b" "])
def test_a_changed_body_starts_nothing(hook: Trigger, body: bytes) -> None:
    with pytest.raises(NotSigned):
        call(hook, signed(hook), body)
    assert not Run.objects.exists()


@pytest.mark.parametrize("off", [-301, 301, -86_400])
def test_a_message_from_another_time_starts_nothing(hook: Trigger, off: int) -> None:
    with pytest.raises(NotSigned):
        call(hook, signed(hook, at=time.time() + off))
    assert not Run.objects.exists()


def test_the_old_secret_stops_working(hook: Trigger, builder: Actor) -> None:
    headers = signed(hook)
    rotate_webhook_secret(actor=builder, workflow=hook.workflow, node="hook")
    with pytest.raises(NotSigned):
        call(hook, headers)
    hook.refresh_from_db()
    assert call(hook, signed(hook))


def test_without_a_secret_there_is_no_webhook(hook: Trigger) -> None:
    headers = signed(hook)
    Trigger.objects.update(secret=None)
    with pytest.raises(NotFound):
        call(hook, headers)
    assert not Run.objects.exists()


def test_an_unknown_token_is_no_webhook(hook: Trigger) -> None:
    with pytest.raises(NotFound):
        start_by_webhook(token="nobody", headers=signed(hook), body=BODY)


def test_a_large_body_is_refused_before_it_is_looked_at(hook: Trigger) -> None:
    body = b"x" * (MAX_BYTES + 1)
    with pytest.raises(TooLarge):
        call(hook, signed(hook, body), body)
    assert not Run.objects.exists()


@pytest.mark.parametrize("body", [b"text", b"[1]", b'{"a": NaN}', b"[" * 100_000, b'"x"'])
def test_a_signed_body_that_is_no_object_starts_nothing(hook: Trigger, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        call(hook, signed(hook, body), body)
    assert not Run.objects.exists()


def test_a_workflow_that_is_switched_off_starts_nothing(hook: Trigger, builder: Actor) -> None:
    workflow: Workflow = hook.workflow
    set_enabled(actor=builder, workflow=workflow, enabled=False)
    with pytest.raises(Conflict):
        call(hook, signed(hook))
    assert not Run.objects.exists()


def test_any_json_is_kept_as_it_came(hook: Trigger) -> None:
    given: dict[str, Any] = {"名": "王芳", "n": 1.5, "deep": {"list": [1, None]}}
    body = json.dumps(given, ensure_ascii=False).encode()
    assert call(hook, signed(hook, body), body).input == given
