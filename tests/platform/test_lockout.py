"""Guessing a password ends in 429, counted by name and by name with address."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.utils import timezone
from pytest_django import Settings

pytestmark = [pytest.mark.urls("tests.platform.pages"), pytest.mark.django_db]

LIMIT = 5


class CountingHasher(MD5PasswordHasher):
    """Counts how many guesses get as far as the hash."""

    algorithm = "counting"
    checked = 0

    def verify(self, password: str, encoded: str) -> bool:
        CountingHasher.checked += 1
        # Long enough for the other guesses to come in between.
        sleep(0.02)
        return super().verify(password, encoded)


@pytest.fixture(autouse=True)
def _member() -> None:
    get_user_model().objects.create_user(username="ann", password="right-password")


def guess(client: Client, password: str = "wrong", path: str = "/login/", address: str = "192.0.2.1") -> HttpResponse:
    sent = {"username": "ann", "password": password}
    content_type = "application/json" if path.startswith("/api/") else MULTIPART_CONTENT
    return client.post(path, sent, content_type, REMOTE_ADDR=address)  # type: ignore[return-value]


def test_after_five_wrong_passwords_the_right_one_is_refused_too(client: Client) -> None:
    for _ in range(LIMIT):
        guess(client)
    answer = guess(client, "right-password")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "900"
    assert b"Try again in 15 minutes" in answer.content


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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/login/", "/api/v1/auth/token"])
def test_of_many_guesses_at_once_no_more_than_the_limit_reach_the_hash(settings: Settings, path: str) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    member = get_user_model().objects.get(username="ann")
    member.set_password("right-password")
    member.save()
    CountingHasher.checked = 0

    def one(number: int) -> int:
        try:
            return guess(Client(), path=path, address=f"192.0.2.{number}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(one, range(60)))
    assert CountingHasher.checked <= LIMIT + 1
    assert statuses.count(429) >= 60 - LIMIT
