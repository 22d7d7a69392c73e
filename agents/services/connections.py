"""Connections to outside systems and their secrets, which go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from agents.http import Credential
from agents.models import Connection
from agents.secrets import Secret
from crm import audit
from crm.actors import Actor
from crm.errors import NotFound
from crm.permissions import require
from crm.sealing import seal, unseal


def _place(connection: Connection, version: int) -> str:
    return f"connection:{connection.pk}:{version}"


@transaction.atomic
def save_connection(
    *, actor: Actor, name: str, kind: str, base_url: str = "", hosts: list[str] | None = None,
    options: Mapping[str, Any] | None = None, secret: str | None = None,
) -> Connection:  # fmt: skip
    """Creates or changes a connection; a secret of None leaves the one it has."""
    require(actor, "update", "connection")
    connection, is_new = Connection.objects.select_for_update().get_or_create(name=name, defaults={"kind": kind})
    before = {} if is_new else _shown(connection)
    connection.kind, connection.base_url = kind, base_url
    connection.hosts, connection.settings = list(hosts or []), dict(options or {})
    if secret is not None:
        connection.secret_version += 1
        connection.secret = seal(secret.encode(), place=_place(connection, connection.secret_version))
    connection.save()
    action = f"connection.{'create' if is_new else 'update'}"
    audit.record_one(actor=actor, action=action, target=connection, before=before, after=_shown(connection))
    return connection


def _shown(connection: Connection) -> dict[str, Any]:
    """For the audit trail: all but the secret, of which the version tells that it changed."""
    names = ("kind", "base_url", "hosts", "settings", "secret_version")
    return {name: getattr(connection, name) for name in names}


@transaction.atomic
def delete_connection(*, actor: Actor, connection_id: int) -> None:
    """Steps that name it fail from now on, and say so."""
    require(actor, "delete", "connection")
    connection = Connection.objects.select_for_update().filter(pk=connection_id).first()
    if connection is None:
        raise NotFound("There is no such connection.")
    audit.record_one(actor=actor, action="connection.delete", target=connection, before=_shown(connection))
    connection.delete()


def find_connection(*, actor: Actor, name: str) -> Connection:
    """The connection, for use with the rights of the actor."""
    require(actor, "use", "connection")
    connection = Connection.objects.filter(name=name).first()
    if connection is None:
        raise NotFound(f"There is no connection {name!r}. An admin adds it in the admin console.", code="no_connection")
    return connection


def secret_of(connection: Connection) -> Secret | None:
    if not connection.secret:
        return None
    return Secret(unseal(bytes(connection.secret), place=_place(connection, connection.secret_version)).decode())


def credential_of(connection: Connection) -> Credential | None:
    """The secret as a header for the connection's own hosts."""
    secret = secret_of(connection)
    if secret is None:
        return None
    header = str(connection.settings.get("header") or "Authorization")
    scheme = str(connection.settings.get("scheme", "Bearer"))
    return Credential(frozenset(connection.hosts), {header: f"{scheme} {secret.reveal()}".strip()})
