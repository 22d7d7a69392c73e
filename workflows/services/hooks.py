"""Starts runs from signed calls, as Standard Webhooks describes them: no valid signature, no run."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, NotFound, RapportError
from crm.models.members import Role
from workflows.models import Run, Trigger, TriggerKind
from workflows.services.runs import start_run
from workflows.services.triggers import webhook_key

JSON = Any
MAX_BYTES = 1_000_000
TOLERANCE_SECONDS = 300
LONGEST_ID = 120
SIGNATURE_VERSION = "v1"
_OF_WORKFLOW = tuple(f"workflow__{name}" for name in ("key", "name", "enabled", "published_id"))


class NotSigned(RapportError):
    """Says the same for every fault, so that a forger learns nothing."""

    status = 401
    code = "bad_signature"
    title = "The call is not signed as it must be"

    def __init__(self) -> None:
        super().__init__("Sign the call with the webhook's secret as Standard Webhooks describes, and check the clock.")


class TooLarge(RapportError):
    status = 413
    code = "too_large"
    title = "The call is too large"


def start_by_webhook(*, token: str, headers: Mapping[str, str], body: bytes, wait: float | None = None) -> Run:
    """Verifies the call and starts a run; the same message id again answers the run it started.

    Who waits for its end sees the output if the webhook's step says so.
    """
    if len(body) > MAX_BYTES:
        raise TooLarge(f"A call takes at most {MAX_BYTES:,} bytes.")
    trigger = _find(token)
    message_id = verify(webhook_key(trigger), headers, body, now=time.time())
    workflow = trigger.workflow
    if not workflow.enabled:
        raise Conflict(f"“{workflow.name}” is switched off.", code="disabled")
    run = start_run(
        actor=Actor(id=f"webhook:{workflow.key}/{trigger.node}", name="Webhook", role=Role.BUILDER),
        workflow=workflow,
        input=_read(body),
        trigger=trigger.node,
        key=f"webhook:{trigger.node}:{message_id}",
        wait=wait,
    )
    if not trigger.config.get("answers"):
        run.output = None  # of this copy, which is for the caller
    return run


def _find(token: str) -> Trigger:
    """With what a call needs, since each call asks for it."""
    found = Trigger.objects.select_related("workflow").filter(token=token, kind=TriggerKind.WEBHOOK)
    try:
        return found.only("node", "config", "secret", *_OF_WORKFLOW).get(secret__isnull=False)
    except Trigger.DoesNotExist as error:
        raise NotFound("There is no such webhook.") from error


def verify(key: bytes, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
    """The message's id, if the call is signed with the key and recent."""
    message_id, sent, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not message_id or len(message_id) > LONGEST_ID or not _is_recent(sent, now):
        raise NotSigned
    wanted = sign(key, message_id, sent, body)
    # A sender that rotates its secret signs with both; each signature is compared in constant time.
    matches = [hmac.compare_digest(wanted, one) for one in _signatures(given)]
    if not any(matches):
        raise NotSigned
    return message_id


def sign(key: bytes, message_id: str, sent: str, body: bytes) -> bytes:
    return hmac.digest(key, f"{message_id}.{sent}.".encode() + body, hashlib.sha256)


def _is_recent(sent: str, now: float) -> bool:
    return sent.isascii() and sent.isdigit() and len(sent) <= 12 and abs(now - int(sent)) <= TOLERANCE_SECONDS


def _signatures(header: str) -> list[bytes]:
    found: list[bytes] = []
    for entry in header.split()[:10]:
        version, _, text = entry.partition(",")
        if version == SIGNATURE_VERSION:
            try:
                found.append(base64.b64decode(text, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found


def _read(body: bytes) -> JSON:
    try:
        return json.loads(body or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is not JSON.", code="not_json") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
