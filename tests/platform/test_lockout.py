"""Guessing a password ends in 429, counted by name and by name with address."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

pytestmark = [pytest.mark.urls("tests.platform.pages"), pytest.mark.django_db]

LIMIT = 5


@pytest.fixture(autouse=True)
def _member() -> None:
    get_user_model().objects.create_user(username="ann", password="right-password")


def guess(client: Client, password: str = "wrong", path: str = "/login/", address: str = "192.0.2.1") -> HttpResponse:
    query = {"username": "ann", "password": password}
    return client.get(path, query, REMOTE_ADDR=address)  # type: ignore[return-value]


def test_after_five_wrong_passwords_the_right_one_is_refused_too(client: Client) -> None:
    for _ in range(LIMIT):
        guess(client)
    answer = guess(client, "right-password")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"


def test_the_api_says_it_as_a_problem(client: Client) -> None:
    for _ in range(LIMIT):
        guess(client, path="/api/v1/auth/token")
    answer = guess(client, path="/api/v1/auth/token")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert b"too_many_logins" in answer.content


def test_another_address_does_not_help_the_guesser(client: Client) -> None:
    for number in range(LIMIT):
        guess(client, address=f"192.0.2.{number}")
    assert guess(client, "right-password", address="192.0.2.200").status_code == 429


def test_a_right_password_clears_the_count(client: Client) -> None:
    for _ in range(LIMIT - 1):
        guess(client)
    assert guess(client, "right-password").status_code == 200
    assert guess(client).status_code == 401


def test_the_lock_ends_by_itself(client: Client) -> None:
    from axes.models import AccessAttempt

    for _ in range(LIMIT):
        guess(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert guess(client, "right-password").status_code == 200
