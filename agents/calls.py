"""HTTP calls of steps: through a connection or without, with failures told as step errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from django.conf import settings

from agents import http
from agents.models import Connection
from agents.services.connections import credential_of
from workflows.steps import StepContext, StepError

RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})


def call(
    context: StepContext, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: Any = None,
    connection: Connection | None = None, timeout: float = 20,
) -> dict[str, Any]:  # fmt: skip
    """{"status", "body"}; the idempotency key tells the other side a second try from a second call."""
    full = urljoin(address_of(connection), url) if connection else url
    sent = {"Idempotency-Key": context.idempotency_key, **(headers or {})}
    content = None if body is None else json.dumps(body).encode()
    if content is not None:
        sent.setdefault("Content-Type", "application/json")
    try:
        answer = http.send(
            method, full, headers=sent, content=content, timeout=timeout,
            credential=credential_of(connection) if connection else None,
        )  # fmt: skip
    except http.Refused as refused:
        raise StepError(str(refused), code="address_refused") from None
    except http.Unreachable as unreachable:
        raise StepError(str(unreachable), code="unreachable", retry=True, uncertain=True) from None
    read = _read(answer)
    if answer.status >= 400:
        raise StepError(
            f"The other side answered {answer.status}.", code="http_error", retry=answer.status in RETRIED,
            details={"status": answer.status, "body": read if isinstance(read, (dict, list)) else str(read)[:2000]},
        )  # fmt: skip
    return {"status": answer.status, "body": read}


def address_of(connection: Connection) -> str:
    """In development a connection may lead to the installation's own sandbox, wherever it listens today."""
    is_sandbox = connection.settings.get("sandbox") and settings.SANDBOX_URL
    return str(settings.SANDBOX_URL if is_sandbox else connection.base_url)


def _read(answer: http.Answer) -> Any:
    if "json" in answer.headers.get("content-type", ""):
        try:
            return json.loads(answer.body)
        except ValueError:
            pass
    return answer.text()
