"""Forms: anybody fills one in, once a page, without a log-in and without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Member
from tests.workflows.triggers.conftest import Listen, at_once, inputs, publish_again
from workflows.models import Run, Trigger, Workflow
from workflows.services import forms
from workflows.services.forms import find_form, new_once, submit_form
from workflows.services.workflows import set_enabled

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_cache")]
FIELDS: list[dict[str, Any]] = [
    {"name": "email", "label": "Your email", "type": "email"},
    {"name": "stars", "label": "Stars", "type": "number", "required": False},
    {"name": "plan", "label": "Plan", "type": "choice", "choices": ["Basic", "Plus"]},
    {"name": "again", "label": "Call me", "type": "boolean"},
]
ANSWERS = {"answer-email": "bo@example.com", "answer-stars": "4.5", "answer-plan": "Plus", "answer-again": "on"}


@pytest.fixture
def address(listen: Listen) -> str:
    listen("trigger_form", title="Tell us <b>", intro="Two minutes.", fields=FIELDS, thanks="Danke & bis bald!")
    return f"/f/{Trigger.objects.get().token}/"


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def once_of(page: str) -> str:
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found
    return found[1]


def send(client: Client, address: str, once: str | None = None, **changes: str) -> Any:
    once = once or once_of(page_of(client, address))
    return client.post(address, {**ANSWERS, "once": once, **changes})


def test_the_answers_start_a_run(client: Client, address: str) -> None:
    answer = send(client, address)
    assert (answer.status_code, answer["Location"]) == (302, f"{address}thanks/")
    assert "Danke &amp; bis bald!" in client.get(answer["Location"]).content.decode()
    (given,) = inputs()
    assert given["answers"] == {"email": "bo@example.com", "stars": 4.5, "plan": "Plus", "again": True}
    run = Run.objects.get()
    assert (run.started_by, run.trigger) == ("Form", "on")


def test_its_words_are_shown_as_text(client: Client, address: str) -> None:
    page = page_of(client, address)
    assert "Tell us &lt;b&gt;" in page
    assert "<b>" not in page


def test_the_same_page_sent_twice_is_one_run(client: Client, address: str) -> None:
    once = once_of(page_of(client, address))
    assert {send(client, address, once).status_code for _ in range(3)} == {302}
    assert Run.objects.count() == 1


def test_the_same_page_sent_many_times_at_once_is_one_run(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MOST_A_MINUTE", 100)
    trigger = find_form(address.split("/")[2])
    once = new_once(trigger)
    answers = {"email": "bo@example.com", "plan": "Plus", "again": False}
    at_once(lambda: submit_form(trigger=trigger, answers=answers, once=once))
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"answer-email": "nobody"}, "no e-mail address"),
        ({"answer-email": ""}, "Fill this in"),
        ({"answer-stars": "many"}, "A number"),
        ({"answer-stars": "1e999"}, "A number"),
        ({"answer-plan": "Gold"}, "Choose one"),
        ({"answer-email": "x" * 300 + "@example.com"}, "characters"),
        ({"answer-email": "a\x00b@example.com"}, "NUL"),
        ({"answer-colour": "red"}, ""),
    ],
)
def test_faults_are_shown_beside_what_was_written(
    client: Client, address: str, changes: dict[str, str], said: str
) -> None:
    once = once_of(page_of(client, address))
    answer = send(client, address, once, **changes)
    if not said:  # a field that the form has not is left out
        assert answer.status_code == 302
        assert "colour" not in inputs()[0]["answers"]
        return
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert once_of(page) == once
    assert not Run.objects.exists()


def test_without_the_csrf_token_nothing_starts(address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert send(strict, address).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page_of(strict, address))
    assert token
    assert not Run.objects.exists()
    assert send(strict, address, csrfmiddlewaretoken=token[1]).status_code == 302


def test_what_fills_in_the_hidden_field_is_thanked_and_starts_nothing(client: Client, address: str) -> None:
    assert send(client, address, website="http://spam.example").status_code == 302
    assert not Run.objects.exists()


@pytest.mark.parametrize("once", ["", "forged", "of another form"])
def test_a_page_that_is_not_ours_is_asked_for_again(client: Client, address: str, once: str) -> None:
    if once == "of another form":
        once = signing.dumps("x", salt="form:other")
    answer = client.post(address, {**ANSWERS, "once": once})
    assert answer.status_code == 409
    assert "bo@example.com" in answer.content.decode()
    assert not Run.objects.exists()
    assert send(client, address, once_of(answer.content.decode())).status_code == 302


def test_a_page_that_was_open_too_long_is_asked_for_again(
    client: Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "OPEN_SECONDS", -1)
    assert send(client, address).status_code == 409
    assert not Run.objects.exists()


def test_an_address_that_sends_too_many_is_refused_and_others_are_not(client: Client, address: str) -> None:
    for _ in range(forms.MOST_A_MINUTE):
        assert send(client, address).status_code == 302
    assert send(client, address).status_code == 429
    assert Run.objects.count() == forms.MOST_A_MINUTE
    other = Client(REMOTE_ADDR="203.0.113.9")
    assert send(other, address).status_code == 302


def test_addresses_of_one_network_of_ipv6_count_as_one() -> None:
    assert forms._network("2001:db8::1") == forms._network("2001:db8::ffff")
    assert forms._network("2001:db8:0:1::1") != forms._network("2001:db8::1")


def test_a_huge_form_is_refused(client: Client, address: str) -> None:
    assert send(client, address, **{"answer-email": "x" * forms.MAX_BYTES}).status_code == 413
    assert not Run.objects.exists()


def test_a_form_for_members_asks_for_a_log_in(client: Client, listen: Listen, manager: Actor) -> None:
    listen("trigger_form", fields=FIELDS, members_only=True)
    address = f"/f/{Trigger.objects.get().token}/"
    assert client.get(address)["Location"] == f"/login/?next={address}"
    assert client.post(address, ANSWERS)["Location"].startswith("/login/")
    assert not Run.objects.exists()
    client.force_login(Member.objects.get(username="meg"))
    assert send(client, address).status_code == 302
    assert inputs()[0]["by"] == "meg"


def test_the_thanks_of_a_form_for_members_ask_for_a_log_in(client: Client, listen: Listen, manager: Actor) -> None:
    listen("trigger_form", title="Salaries", fields=FIELDS, members_only=True, thanks="For us only.")
    address = f"/f/{Trigger.objects.get().token}/thanks/"
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={address}")
    assert b"For us only." not in answer.content
    client.force_login(Member.objects.get(username="meg"))
    assert "For us only." in page_of(client, address)


def test_a_form_of_a_workflow_that_is_off_is_closed(client: Client, address: str, manager: Actor) -> None:
    once = once_of(page_of(client, address))
    set_enabled(actor=manager, workflow=Workflow.objects.get(), enabled=False)
    assert client.get(address).status_code == 410
    assert send(client, address, once).status_code == 410
    assert not Run.objects.exists()


@pytest.mark.parametrize("token", ["nobody", "%00", "x" * 300])
def test_an_unknown_address_is_no_form(client: Client, db: None, token: str) -> None:
    assert client.get(f"/f/{token}/").status_code == 404


def test_another_publication_keeps_the_address(client: Client, address: str, manager: Actor) -> None:
    publish_again(manager, Workflow.objects.get(), "trigger_form", title="New words", fields=FIELDS)
    assert "New words" in page_of(client, address)


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [FIELDS[0], FIELDS[0]],
        [{"name": "plan", "label": "Plan", "type": "choice", "choices": []}],
        [{"name": "Bad name", "label": "x"}],
    ],
)
def test_a_form_that_can_t_be_filled_in_can_t_be_published(listen: Listen, fields: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidInput):
        listen("trigger_form", fields=fields)
    assert not Trigger.objects.exists()
