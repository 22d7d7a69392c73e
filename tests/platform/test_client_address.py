"""Only our own proxies may say who the client is."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from config.client_address import client_address


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("10.0.0.2", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.2", "198.51.100.7, 10.0.0.3", "198.51.100.7"),
        ("10.0.0.2", "10.0.0.3", "10.0.0.3"),
        ("10.0.0.2", "not an address", "0.0.0.0"),
        ("10.0.0.2", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.2", "2001:DB8:0::7", "2001:db8::7"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        ("::ffff:203.0.113.9", "198.51.100.7", "203.0.113.9"),
        ("::ffff:10.0.0.2", "::ffff:198.51.100.7, 10.0.0.3", "198.51.100.7"),
        ("::ffff:a00:2", "::ffff:c633:6407", "198.51.100.7"),
    ],
)
def test_the_address_of_the_client(settings: Settings, peer: str, forwarded: str, found: str) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)
    assert client_address(request) == found


def test_a_proxy_may_be_named_by_either_form(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ["::ffff:10.0.0.0/120"]
    for peer in ("10.0.0.2", "::ffff:10.0.0.2"):
        request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": "198.51.100.7"})
        assert client_address(request) == "198.51.100.7"


def test_without_proxies_a_forged_header_changes_nothing() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="1.2.3.4")
    assert client_address(request) == "127.0.0.1"
