"""Unsafe settings are refused by a check with an id."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from config.checks import check_settings

TOKENS = dict(django_settings.TOKENS)


def ids() -> set[str | None]:
    return {message.id for message in check_settings()}


def make_production(settings: Settings) -> None:
    settings.PRODUCTION, settings.DEMO_LOGINS, settings.SECURE_SSL_REDIRECT = True, False, True
    settings.ALLOWED_HOSTS = ["crm.example"]


def test_safe_settings_pass(settings: Settings) -> None:
    make_production(settings)
    assert ids() == set()


@pytest.mark.parametrize(
    ("name", "value", "identifier"),
    [
        ("TOKENS", {**TOKENS, "KEY": "short"}, "rapport.E001"),
        ("TOKENS", {**TOKENS, "KEY": django_settings.SECRET_KEY}, "rapport.E002"),
        ("ENCRYPTION_KEY", "not base64!", "rapport.E003"),
        ("ENCRYPTION_KEY", "c2hvcnQ=", "rapport.E003"),
        ("TRUSTED_PROXIES", ["everyone"], "rapport.E004"),
        ("TRUSTED_PROXIES", ["0.0.0.0/0"], "rapport.E005"),
        ("TRUSTED_PROXIES", ["::ffff:0:0/96"], "rapport.E005"),
        ("CORS_ALLOW_ALL_ORIGINS", True, "rapport.E006"),
        ("DEBUG", True, "rapport.E008"),
        ("DEMO_LOGINS", True, "rapport.E009"),
        ("SECRET_KEY", "short", "rapport.E010"),
        ("ALLOWED_HOSTS", ["*"], "rapport.E011"),
        ("SECURE_SSL_REDIRECT", False, "rapport.W001"),
    ],
)
def test_an_unsafe_value_is_named(settings: Settings, name: str, value: Any, identifier: str) -> None:
    make_production(settings)
    setattr(settings, name, value)
    assert ids() == {identifier}
