"""Whose password a log-in tries, whatever the name is written like."""

from __future__ import annotations

import json

import pytest
from django.test import Client, RequestFactory

from config.guesses import guessed_name

NAMES = ["a\x00b", "\ud800", "a" * 5_000]
TOKEN = "/api/v1/auth/token"


@pytest.mark.parametrize("written", ["Ann", " ann ", "\uff21nn", "ann\x00"])
def test_a_name_is_the_same_however_it_is_written(written: str) -> None:
    post = RequestFactory().post
    assert guessed_name(post("/login/", {"username": written})) == "ann"
    assert guessed_name(post(TOKEN, {"username": written}, content_type="application/json")) == "ann"


def test_neither_the_type_nor_the_size_of_a_body_hides_the_name() -> None:
    body = json.dumps({"username": "ann"}) + " " * 20_000
    assert guessed_name(RequestFactory().post(TOKEN, body, content_type="*/*")) == "ann"


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_nobody_can_have_is_refused(client: Client, name: str) -> None:
    given = json.dumps({"username": name, "password": "wrong"})
    assert client.post(TOKEN, given, content_type="application/json").status_code in (401, 422)
    sent = {"username": name.encode(errors="ignore").decode(), "password": "wrong"}
    assert client.post("/login/", sent).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["[" * 9_000, '{"username": ' + "[" * 5_000 + "]" * 5_000 + "}"])
def test_a_log_in_that_is_nested_too_deeply_is_refused(client: Client, body: str) -> None:
    answer = client.post(TOKEN, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
