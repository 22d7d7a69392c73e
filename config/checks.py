"""System checks that refuse unsafe settings; each has an id that the documentation explains."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from config.client_address import network_of

TAG = "rapport"
SHORTEST_KEY = 32


@register(TAG)
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    rules: list[Callable[[], Iterator[CheckMessage]]] = [_keys, _addresses, _database]
    if settings.PRODUCTION:
        rules.append(_production)
    return [message for rule in rules for message in rule()]


def _keys() -> Iterator[CheckMessage]:
    token_key = str(settings.TOKENS["KEY"])
    if len(token_key) < SHORTEST_KEY:
        yield Error(f"TOKEN_KEY is shorter than {SHORTEST_KEY} characters.", id="rapport.E001")
    if token_key == settings.SECRET_KEY:
        yield Error("TOKEN_KEY is the same as SECRET_KEY; give tokens a key of their own.", id="rapport.E002")
    try:
        length = len(base64.b64decode(settings.ENCRYPTION_KEY, validate=True))
    except binascii.Error:
        length = 0
    if length != 32:
        yield Error("ENCRYPTION_KEY must be 32 bytes in base64.", id="rapport.E003")


def _addresses() -> Iterator[CheckMessage]:
    for proxy in settings.TRUSTED_PROXIES:
        try:
            network = network_of(proxy)
        except ValueError:
            yield Error(f"TRUSTED_PROXIES: {proxy!r} is no address or network.", id="rapport.E004")
            continue
        if network.prefixlen == 0:
            yield Error("TRUSTED_PROXIES must not trust every address.", id="rapport.E005")
    if getattr(settings, "CORS_ALLOW_ALL_ORIGINS", False):
        yield Error("CORS must stay closed: list the origins in CORS_ALLOWED_ORIGINS.", id="rapport.E006")


def _database() -> Iterator[CheckMessage]:
    if settings.DATABASES["default"]["ENGINE"] not in ("django.db.backends.postgresql", "config.pooled"):
        yield Error("Rapport runs on PostgreSQL only.", id="rapport.E007")


def _production() -> Iterator[CheckMessage]:
    if settings.DEBUG:
        yield Error("DEBUG must be off in production.", id="rapport.E008")
    if settings.DEMO_LOGINS:
        yield Error("The demo log-ins must not exist in production.", id="rapport.E009")
    if len(settings.SECRET_KEY) < SHORTEST_KEY:
        yield Error(f"SECRET_KEY is shorter than {SHORTEST_KEY} characters.", id="rapport.E010")
    if "*" in settings.ALLOWED_HOSTS:
        yield Error("ALLOWED_HOSTS must name the hosts.", id="rapport.E011")
    if not settings.SECURE_SSL_REDIRECT:
        yield Warning("HTTPS_ONLY is off: passwords cross the network in the clear.", id="rapport.W001")
