"""The one way out: what it refuses, where it connects, and what it tells whom."""

from __future__ import annotations

import gzip
from http.server import BaseHTTPRequestHandler
from time import monotonic, sleep
from typing import Any

import httpcore
import pytest

from agents import http
from agents.http import Credential, Refused, Unreachable, check, send
from tests.agents.canary import Canary
from tests.agents.canary import send as reply

PUBLIC = "93.184.215.14"
# All of them lead, or may lead, to this machine or to its own network.
INSIDE = (
    "http://127.0.0.1", "http://127.0.0.1.", "http://127.1", "http://127.0.1", "http://127.255.255.254",
    "http://0.0.0.0", "http://0", "http://0x7f000001", "http://0x7f.0.0.1", "http://0177.0.0.1",
    "http://2130706433", "http://017700000001", "http://localhost", "http://LOCALHOST", "http://localhost.",
    "http://127。0。0。1", "http://10.0.0.1", "http://10.255.255.255", "http://172.16.0.1", "http://172.31.255.255",
    "http://192.168.0.1", "http://169.254.169.254", "http://100.64.0.1", "http://100.127.255.255",
    "http://192.0.0.1", "http://192.0.2.1", "http://192.88.99.1", "http://198.18.0.1", "http://198.51.100.1",
    "http://203.0.113.1", "http://224.0.0.1", "http://240.0.0.1", "http://255.255.255.255",
    "http://[::]", "http://[::1]", "http://[0:0:0:0:0:0:0:1]", "http://[::127.0.0.1]", "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]", "http://[::ffff:169.254.169.254]", "http://[64:ff9b::7f00:1]",
    "http://[64:ff9b:1::1]", "http://[2002:7f00:1::]", "http://[2001::1]", "http://[2001:db8::1]", "http://[100::1]",
    "http://[fc00::1]", "http://[fd12:3456::1]", "http://[fe80::1]", "http://[fec0::1]", "http://[ff02::1]",
    "http://[3fff::1]", "http://[5f00::1]",
)  # fmt: skip
MALFORMED = (
    "ftp://127.0.0.1", "file:///etc/passwd", "gopher://127.0.0.1", "data:text/plain,x", "//127.0.0.1", "127.0.0.1",
    "", "http://", "http:///x", "http://user:word@example.com", "http://example.com\\@127.0.0.1",
    "http://x\r\nHost: y", "http://１２７.0.0.1", "http://[::1", "http://example.com:99999",
)  # fmt: skip


def to_loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_and_nothing_connects(
    address: str, canary: Canary, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTGOING_ALLOWED = []
    monkeypatch.setattr(http, "PORTS", frozenset({canary.port}))
    with pytest.raises((Refused, Unreachable)):
        send("GET", f"{address}:{canary.port}/")
    assert canary.connections == 0


@pytest.mark.parametrize("address", MALFORMED)
def test_what_is_no_plain_web_address_is_refused(address: str) -> None:
    with pytest.raises((Refused, Unreachable)):
        check(address, resolver=lambda host, port: [PUBLIC] if host == "example.com" and port < 65536 else [])


def test_a_name_is_refused_if_one_of_its_addresses_is_inside() -> None:
    with pytest.raises(Refused):
        check("http://mixed.example", resolver=lambda host, port: [PUBLIC, "10.0.0.1"])


def test_only_web_ports_are_open() -> None:
    with pytest.raises(Refused, match="22"):
        check("http://example.com:22", resolver=lambda host, port: [PUBLIC])


def test_a_public_address_may_be_reached() -> None:
    assert check("https://bücher.example/", resolver=lambda host, port: [PUBLIC]).host == "xn--bcher-kva.example"


def test_a_name_that_points_elsewhere_a_moment_later_is_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    connected: list[str] = []

    def connect(self: object, host: str, port: int, **_: object) -> None:
        connected.append(host)
        raise httpcore.ConnectError("no network in tests")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(Unreachable):
        send("GET", "http://rebinding.example/", resolver=lambda host, port: next(answers))
    assert connected == [PUBLIC]
    assert next(answers) == ["127.0.0.1"]  # nobody asked a second time


def test_the_connection_goes_to_the_address_that_was_checked(allowed: Canary) -> None:
    answer = send("GET", allowed.url("/x", "canary.test"), resolver=to_loopback)
    assert (answer.status, answer.body) == (200, b'{"ok": true}')
    assert allowed.heard[0].headers["Host"] == f"canary.test:{allowed.port}"


def test_the_second_of_two_addresses_is_tried(allowed: Canary) -> None:
    assert send("GET", allowed.url("/", "canary.test"), resolver=lambda *_: ["127.0.0.2", "127.0.0.1"]).status == 200


def test_a_redirect_inside_is_refused(allowed: Canary, settings: Any) -> None:
    settings.OUTGOING_ALLOWED = [f"canary.test:{allowed.port}"]
    allowed.reply = lambda handler: reply(handler, 302, Location=f"http://127.0.0.1:{allowed.port}/secret")
    with pytest.raises(Refused):
        send("GET", allowed.url("/", "canary.test"), resolver=to_loopback)
    assert [one.path for one in allowed.heard] == ["/"]


def test_redirects_without_end_are_left(allowed: Canary) -> None:
    allowed.reply = lambda handler: reply(handler, 302, Location="/again")
    with pytest.raises(Unreachable, match="redirects"):
        send("GET", allowed.url())
    assert len(allowed.heard) == http.MAX_REDIRECTS + 1


def test_a_posted_body_does_not_follow_a_found_redirect(allowed: Canary) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, 302, Location="/next") if handler.path == "/" else reply(handler, 200)

    allowed.reply = answer
    send("POST", allowed.url(), content=b"order")
    assert [(one.method, one.body) for one in allowed.heard] == [("POST", b"order"), ("GET", b"")]


SECRET = Credential(frozenset({"canary.test"}), {"Authorization": "Bearer s3cret"})


def test_a_secret_goes_to_its_own_host(allowed: Canary) -> None:
    send("GET", allowed.url("/", "canary.test"), credential=SECRET, resolver=to_loopback)
    assert allowed.heard[0].headers["authorization"] == "Bearer s3cret"


def test_a_secret_goes_to_no_other_host(allowed: Canary) -> None:
    send("GET", allowed.url("/", "other.test"), credential=SECRET, resolver=to_loopback)
    assert "s3cret" not in str(allowed.heard)


def test_neither_a_secret_nor_a_step_s_own_headers_follow_a_redirect_to_another_host(allowed: Canary) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        there = allowed.url("/there", "other.test")
        reply(handler, 307, Location=there) if handler.path == "/" else reply(handler, 200)

    allowed.reply = answer
    headers = {"X-Api-Key": "own", "Accept": "text/plain"}
    send("GET", allowed.url("/", "canary.test"), headers=headers, credential=SECRET, resolver=to_loopback)
    home, away = (one.headers for one in allowed.heard)
    assert (home["authorization"], home["x-api-key"]) == ("Bearer s3cret", "own")
    assert "s3cret" not in str(away)
    assert "own" not in str(away)
    assert away["accept"] == "text/plain"


def test_a_secret_never_goes_over_plain_http() -> None:
    secret = Credential(frozenset({"example.com"}), {"Authorization": "Bearer s3cret"})
    with pytest.raises(Refused, match="https"):
        send("GET", "http://example.com/", credential=secret, resolver=lambda *_: [PUBLIC])


def test_a_credential_does_not_show_itself() -> None:
    assert "s3cret" not in repr(SECRET)


@pytest.mark.parametrize("headers", [{"Host": "x"}, {"transfer-encoding": "chunked"}, {"A": "x\r\nB: y"}, {"Ä": "x"}])
def test_headers_that_could_change_the_message_are_refused(headers: dict[str, str], allowed: Canary) -> None:
    with pytest.raises(Refused):
        send("GET", allowed.url(), headers=headers)
    assert allowed.connections == 0


def test_a_packed_answer_is_unpacked(allowed: Canary) -> None:
    allowed.reply = lambda handler: reply(handler, 200, gzip.compress(b"hello"), Content_Encoding="gzip")
    assert send("GET", allowed.url()).body == b"hello"


@pytest.mark.parametrize("packing", ["gzip", "gzip, gzip", "br", "deflate"])
def test_a_bomb_is_not_unpacked(packing: str, allowed: Canary) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    allowed.reply = lambda handler: reply(handler, 200, bomb, Content_Encoding=packing)
    with pytest.raises(Unreachable):
        send("GET", allowed.url())


def test_an_answer_that_is_too_large_is_left(allowed: Canary) -> None:
    allowed.reply = lambda handler: reply(handler, 200, bytes(http.MAX_BODY + 1))
    with pytest.raises(Unreachable, match="larger"):
        send("GET", allowed.url())


def test_an_answer_that_comes_drop_by_drop_is_left_in_time(allowed: Canary) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        for letter in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100:
            handler.wfile.write(bytes([letter]))
            sleep(0.05)

    allowed.reply = drip
    started = monotonic()
    with pytest.raises(Unreachable):
        send("GET", allowed.url(), timeout=0.4)
    assert monotonic() - started < 1.5


def test_a_proxy_of_the_environment_is_not_used(allowed: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send("GET", allowed.url()).status == 200


def test_a_configured_proxy_is_used(allowed: Canary, settings: Any) -> None:
    settings.OUTGOING_PROXY = allowed.url()
    send("GET", "http://example.com/x", resolver=lambda *_: [PUBLIC])
    assert allowed.heard[0].path == "http://example.com/x"


def test_an_inside_address_is_refused_behind_a_proxy_too(allowed: Canary, settings: Any) -> None:
    settings.OUTGOING_PROXY = allowed.url()
    with pytest.raises(Refused):
        send("GET", "http://169.254.169.254/latest/meta-data/")
    assert allowed.connections == 0
