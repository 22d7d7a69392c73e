"""Answers 413 to a body that is larger than anything the product takes, before it is put anywhere.

Django would first write all of it to the disk.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from crm.errors import BodyTooLarge

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LONGEST_NUMBER = 18


class BodyLimit:
    def __init__(self, application: Application, most: int) -> None:
        self.application, self.most = application, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
        elif _is_above(_header(scope, b"content-length"), self.most):
            await self._refuse(scope, send)
        else:
            counted = _Counted(receive, self.most)
            await self.application(scope, counted, send)
            if counted.left < 0:
                await self._refuse(scope, send)

    async def _refuse(self, scope: Scope, send: Send) -> None:
        """The server throws away what still comes, and keeps the connection, so that the answer is read."""
        error = BodyTooLarge(self.most)
        if b"text/html" in _header(scope, b"accept"):
            kind, body = b"text/plain; charset=utf-8", error.detail.encode()
        else:
            kind, body = b"application/problem+json", json.dumps(_problem(error)).encode()
        headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": error.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class _Counted:
    """Hands the body on as it comes; at its limit the application is told that the client is gone."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.receive, self.left = receive, most

    async def __call__(self) -> Message:
        message = await self.receive()
        self.left -= len(message.get("body", b""))
        return message if self.left >= 0 else {"type": "http.disconnect"}


def _header(scope: Scope, name: bytes) -> bytes:
    return b",".join(value for key, value in scope["headers"] if key == name)


def _is_above(length: bytes, most: int) -> bool:
    return length.isdigit() and (len(length) > LONGEST_NUMBER or int(length) > most)


def _problem(error: BodyTooLarge) -> dict[str, Any]:
    shown = {"type": "about:blank", "title": error.title, "status": error.status}
    return {**shown, "detail": error.detail, "code": error.code}
