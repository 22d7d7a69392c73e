"""What every answer carries, whoever wrote the page."""

from __future__ import annotations

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.urls("tests.platform.pages")


@pytest.fixture
def policy(client: Client) -> str:
    return client.get("/page").headers["Content-Security-Policy"]


def test_the_policy_allows_nothing_inline(policy: str) -> None:
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_the_nonce_in_the_page_is_the_one_in_the_policy(client: Client) -> None:
    answer = client.get("/page")
    nonce = answer.content.decode().split()[1]
    assert f"'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]


def test_each_answer_has_a_nonce_of_its_own(client: Client) -> None:
    first, second = (client.get("/page").headers["Content-Security-Policy"] for _ in range(2))
    assert re.findall(r"nonce-[^']+", first) != re.findall(r"nonce-[^']+", second)


def test_only_the_admin_console_may_evaluate(client: Client) -> None:
    assert "'unsafe-eval'" in client.get("/admin/page").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ],
)
def test_a_security_header_is_set(client: Client, header: str, value: str) -> None:
    assert client.get("/page").headers[header] == value


@pytest.mark.parametrize("path", ["/page", "/api/v1/page"])
def test_another_origin_gets_no_leave_to_read(client: Client, path: str) -> None:
    answer = client.get(path, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_request_keeps_the_id_it_came_with(client: Client) -> None:
    answer = client.get("/page", headers={"X-Request-ID": "abcdef-123456"})
    assert answer.headers["X-Request-ID"] == "abcdef-123456"
    assert answer.content.decode().split()[0] == "abcdef-123456"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, 'abc"def{}123', "abcdefgh\n"])
def test_a_request_without_a_sound_id_gets_one(client: Client, given: str) -> None:
    answer = client.get("/page", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
