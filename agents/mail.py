"""Mail servers that steps send through: the installation's own, or a connection's, at a checked address."""

from __future__ import annotations

import smtplib
from typing import Any
from urllib.parse import urlsplit

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from agents.http import Refused, checked_addresses, is_listed
from agents.models import Connection
from agents.services.connections import secret_of

SECONDS = 20
PORTS = frozenset({25, 465, 587, 2525})
_PORT_OF = {"smtp": 587, "smtps": 465}


def mail_server(connection: Connection | None) -> BaseEmailBackend:
    """Not connected yet. A connection of the sandbox means the installation's own server. Raises Refused."""
    if connection is None or connection.settings.get("sandbox"):
        return get_connection(timeout=SECONDS)
    parts = urlsplit(connection.base_url)
    if parts.scheme not in _PORT_OF or not parts.hostname:
        raise Refused("Write the connection's address like smtp://mail.example.com:587 or smtps://mail.example.com.")
    host, port = parts.hostname, parts.port or _PORT_OF[parts.scheme]
    secret = secret_of(connection)
    return _Backend(
        address=checked_addresses(host, port, ports=PORTS)[0],
        host=host,
        port=port,
        username=str(connection.settings.get("username", "")),
        password=secret.reveal() if secret else "",
        use_ssl=parts.scheme == "smtps",
        # Without TLS the password could be read on the way; only a listed host is trusted so far.
        use_tls=parts.scheme == "smtp" and not is_listed(host, port),
        timeout=SECONDS,
    )


class _Backend(EmailBackend):
    """Connects to the address that was checked, and checks the certificate for the name."""

    def __init__(self, *, address: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.address = address

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _pinned(smtplib.SMTP_SSL if self.use_ssl else smtplib.SMTP, self.address)


def _pinned(plain: type[smtplib.SMTP], address: str) -> type[smtplib.SMTP]:
    class Pinned(plain):  # type: ignore[misc,valid-type]
        def _get_socket(self, host: str, port: int, timeout: float) -> Any:
            return super()._get_socket(address, port, timeout)

    return Pinned
