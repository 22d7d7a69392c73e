"""Bodies that are larger than anything the product takes, sent to the web server as programs send them."""

from __future__ import annotations

import asyncio
import importlib
import socket
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import httpx
import pytest
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.test import Client

from config.body_limit import BodyLimit, Message, Receive, Scope, Send
from crm.imports.reading import MOST_BYTES
from crm.models import Member, Role
from workflows.models import Workflow

MOST = 2**20
WORDS = "At most 1 MB are taken here. Send less at a time, or split the file."


class Reader:
    """Reads bodies as Django does: all of one before anything else, and not on when the client is gone."""

    def __init__(self) -> None:
        self.read: list[int] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size, more = size + len(message["body"]), message.get("more_body", False)
        self.read.append(size)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def client(reader: Reader) -> Iterator[httpx.Client]:
    """Talks to a server in another thread, by one connection."""
    server = uvicorn.Server(uvicorn.Config(BodyLimit(reader, MOST), lifespan="off", log_level="error"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as talking:
            yield talking
        server.should_exit = True
        thread.join()


def apart(answer: Coroutine[Any, Any, Any]) -> Any:
    """In a thread of its own: tests with a browser leave a loop behind in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, answer).result()


def parts(size: int) -> Iterator[bytes]:
    """Without a length: it is sent in chunks."""
    yield from (b"x" * 2**16 for _ in range(size // 2**16))
    yield b"x" * (size % 2**16)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_the_largest_size_is_taken(client: httpx.Client, reader: Reader, chunked: bool) -> None:
    answer = client.post("/", content=parts(MOST) if chunked else b"x" * MOST)
    assert (answer.status_code, reader.read) == (200, [MOST])


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [MOST + 1, 40 * MOST])
def test_a_larger_body_is_refused_with_a_code_and_words(
    client: httpx.Client, reader: Reader, size: int, chunked: bool
) -> None:
    answer = client.post("/", content=parts(size) if chunked else b"x" * size)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert answer.json() == {
        "type": "about:blank",
        "title": "This is too much at once",
        "status": 413,
        "detail": WORDS,
        "code": "body_too_large",
    }
    assert reader.read == []


@pytest.mark.parametrize("chunked", [False, True])
def test_the_next_call_on_the_same_connection_is_answered(client: httpx.Client, reader: Reader, chunked: bool) -> None:
    client.post("/", content=parts(4 * MOST) if chunked else b"x" * 4 * MOST)
    assert (client.post("/", content=b"small").status_code, reader.read) == (200, [5])


def test_a_browser_is_told_in_plain_words(client: httpx.Client) -> None:
    answer = client.post("/", content=b"x" * (MOST + 1), headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (
        413,
        "text/plain; charset=utf-8",
        WORDS,
    )


def test_a_length_that_is_no_size_is_refused_before_the_body_is_sent(reader: Reader) -> None:
    async def send_on() -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            raise AssertionError("the body is not asked for")

        scope = {"type": "http", "headers": [(b"content-length", b"9" * 5_000)]}
        await BodyLimit(reader, MOST)(scope, receive, send)
        return sent

    assert apart(send_on())[0]["status"] == 413


def test_django_gives_up_a_body_that_grows_too_large() -> None:
    async def several() -> AsyncIterator[bytes]:
        for part in parts(2 * MOST):
            yield part

    async def post() -> httpx.Response:
        application = BodyLimit(get_asgi_application(), MOST)
        transport = httpx.ASGITransport(application)  # type: ignore[arg-type]  # types of ASGI differ by library
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.post("/api/v1/auth/login", content=several())

    answer = apart(post())
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_the_product_has_the_limit_and_takes_the_largest_import(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_CONN_MAX_AGE", "DATABASE_POOL"):
        monkeypatch.setenv(name, "0")  # it would set them for the processes of other tests too
    application = importlib.import_module("config.asgi").application
    assert isinstance(application, BodyLimit)
    assert application.most == settings.LARGEST_BODY > MOST_BYTES + 2**16


@pytest.mark.django_db
class TestOfMoreThanDjangoReads:
    """Above DATA_UPLOAD_MAX_MEMORY_SIZE, below the largest body."""

    BODY = "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)

    @pytest.fixture
    def client(self) -> Client:
        client = Client()
        client.force_login(Member.objects.create_user("bo", password="x", role=Role.MANAGER))
        return client

    def test_the_api_answers_413(self, client: Client) -> None:
        answer = client.post("/api/v1/imports", {"note": self.BODY})
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_page_answers_413(self, client: Client) -> None:
        answer = client.post("/workflows/import/", {"text": self.BODY})
        assert (answer.status_code, "At most 10 MB are taken here." in answer.content.decode()) == (413, True)
        assert not Workflow.objects.exists()
