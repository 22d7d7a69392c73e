"""A signed call, a run of two steps, the answer with its output: through the web server, as a caller meets it."""

from __future__ import annotations

import asyncio
import base64
import time
import uuid

from benchmarks import documents
from benchmarks.installation import percentile, published, say, web_server

CLIENTS = 16
SECONDS = 10
GOAL_A_SECOND, GOAL_P99_MS = 220, 340


def webhook_table() -> str:
    from workflows.models import Trigger
    from workflows.services.triggers import webhook_key

    trigger = Trigger.objects.get(workflow=published(documents.webhook()))
    key = webhook_key(trigger)
    say(f"{CLIENTS} callers of a webhook")
    with web_server() as port:
        asyncio.run(_call_for(2, port, str(trigger.token), key))
        begun = time.perf_counter()
        taken = asyncio.run(_call_for(SECONDS, port, str(trigger.token), key))
        a_second = len(taken) / (time.perf_counter() - begun)
    p50, p99 = percentile(taken, 0.5), percentile(taken, 0.99)
    return "\n".join(
        [
            f"| webhook to finished run of two steps, {CLIENTS} callers | measured | goal |",
            "|---|---|---|",
            f"| runs a second | {a_second:.0f} | {GOAL_A_SECOND} |",
            f"| p50 | {p50:.0f} ms | |",
            f"| p99 | {p99:.0f} ms | {GOAL_P99_MS} ms |",
        ]
    )


async def _call_for(seconds: float, port: int, token: str, key: bytes) -> list[float]:
    until = time.perf_counter() + seconds
    taken = await asyncio.gather(*(_one_caller(until, port, token, key) for _ in range(CLIENTS)))
    return [one for caller in taken for one in caller]


async def _one_caller(until: float, port: int, token: str, key: bytes) -> list[float]:
    """Milliseconds of each call, one after the other on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken = []
    while time.perf_counter() < until:
        request = _signed(token, key, b'{"amount": 120}')
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_length(head))
        taken.append((time.perf_counter() - begun) * 1000)
        assert b" 200 " in head.split(b"\r\n")[0], (head, body)
        assert b'"large":true' in body, body
    writer.close()
    return taken


def _signed(token: str, key: bytes, body: bytes) -> bytes:
    from workflows.services.hooks import sign

    message, sent = uuid.uuid4().hex, str(int(time.time()))
    signature = base64.b64encode(sign(key, message, sent, body)).decode()
    return (
        f"POST /api/v1/hooks/{token}?wait=10 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nwebhook-id: {message}\r\nwebhook-timestamp: {sent}\r\n"
        f"webhook-signature: v1,{signature}\r\n\r\n"
    ).encode() + body


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return int(next(line for line in lines if line.startswith(b"content-length:")).partition(b":")[2])
