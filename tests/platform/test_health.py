"""The probes tell the truth, and answer whatever host they are called by."""

from __future__ import annotations

import pytest
import redis
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.urls("tests.platform.pages")


def test_a_living_process_says_so_without_a_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_a_probe_may_call_by_address_and_plain_http(client: Client, settings: Settings, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path, headers={"Host": "10.1.2.3:8000"}).status_code == 200


@pytest.mark.django_db
def test_ready_means_database_tables_and_broker(client: Client, broker: redis.Redis) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "database": "ok", "migrations": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_without_the_broker_it_still_serves_and_says_so(client: Client, settings: Settings) -> None:
    settings.BROKER_URL = "redis+socket:///nowhere/valkey.sock"
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["broker"]) == ("degraded", "unreachable")


@pytest.mark.django_db
def test_a_pending_migration_keeps_traffic_away(client: Client) -> None:
    call_command("migrate", "otp_static", "zero", fake=True, verbosity=0)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "pending"
