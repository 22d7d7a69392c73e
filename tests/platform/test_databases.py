"""Addresses of databases and brokers become settings."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config.settings.databases import postgres, redis_client_url


def test_an_address_is_taken_apart() -> None:
    entry = postgres("postgresql://ann:s%40crt@db.example:6432/crm?sslmode=require")
    assert entry["HOST"] == "db.example"
    assert entry["PORT"] == "6432"
    assert (entry["USER"], entry["PASSWORD"], entry["NAME"]) == ("ann", "s@crt", "crm")
    assert entry["OPTIONS"]["sslmode"] == "require"


def test_a_unix_socket_is_a_host() -> None:
    assert postgres("postgresql://postgres@/rapport?host=/tmp/pg")["HOST"] == "/tmp/pg"


def test_another_database_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="PostgreSQL only"):
        postgres("sqlite:///db.sqlite3")


def test_a_socket_of_the_broker_is_said_as_redis_says_it() -> None:
    assert redis_client_url("redis+socket:///tmp/v.sock") == "unix:///tmp/v.sock"
    assert redis_client_url("redis://host:6379/0") == "redis://host:6379/0"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "value"),
    [("idle_in_transaction_session_timeout", "15s"), ("lock_timeout", "3s"), ("statement_timeout", "15s")],
)
def test_a_session_has_its_limits(setting: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [setting])
        assert cursor.fetchone() == (value,)


@pytest.mark.django_db
def test_the_server_is_a_supported_postgres() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int >= 150000")
        assert cursor.fetchone() == (True,)
