"""A step whose effect may have happened: the run page asks, a person answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from crm.actors import Actor
from tests.workflows.conftest import member_of
from tests.workflows.engine import kinds
from tests.workflows.engine.conftest import sweep_now, work_off
from workflows.engine import rows
from workflows.engine.refs import StepRef
from workflows.models import Run, Step
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document

Actors = Callable[[str], Actor]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(actors: Actors) -> Run:
    """A run whose worker was lost while a mail was on its way."""
    kinds.register()
    kinds.sent.clear()
    document = {"name": "Mail", "nodes": [{"id": "mail", "type": "test_mail"}]}
    workflow = import_document(actor=actors("manager"), document=document)
    publish(actor=actors("manager"), workflow=workflow)
    started = start_run(actor=actors("manager"), workflow=workflow)
    rows.claim(StepRef(started.pk, "mail"), None, datetime.now(UTC))
    sweep_now()
    return started


def client_of(actor: Actor) -> Client:
    client = Client()
    client.force_login(member_of(actor), "django.contrib.auth.backends.ModelBackend")
    return client


def decide(client: Client, run: Run, verdict: str) -> int:
    return client.post(
        f"/runs/{run.pk}/steps/mail/0/decide/", {"verdict": verdict, "reason": "The log shows it"}
    ).status_code


def test_the_run_page_asks_a_manager_what_happened(actors: Actors, run: Run) -> None:
    shown = client_of(actors("manager")).get(f"/runs/{run.pk}/").content.decode()
    assert "may have taken effect" in shown
    assert f"/runs/{run.pk}/steps/mail/0/decision/" in shown


def test_a_manager_says_that_it_happened(actors: Actors, run: Run) -> None:
    assert decide(client_of(actors("manager")), run, "done") == 302
    run.refresh_from_db()
    assert (run.state, run.output) == ("SUCCEEDED", {"marked_done_by": "Manager"})


def test_a_viewer_is_neither_asked_nor_heard(actors: Actors, run: Run) -> None:
    client = client_of(actors("viewer"))
    assert "/decision/" not in client.get(f"/runs/{run.pk}/").content.decode()
    assert 'value="retry"' not in client.get(f"/runs/{run.pk}/steps/mail/0/decision/").content.decode()
    assert decide(client, run, "done") == 403
    assert Step.objects.get(run_id=run.pk).state == "UNCERTAIN"


def test_another_word_changes_nothing(actors: Actors, run: Run) -> None:
    decide(client_of(actors("manager")), run, "perhaps")
    assert Step.objects.get(run_id=run.pk).state == "UNCERTAIN"


def test_the_api_lets_it_be_tried_again(actors: Actors, run: Run) -> None:
    client = client_of(actors("manager"))
    address = f"/api/v1/runs/{run.pk}/steps/mail/decide"
    assert (
        client.post(
            address, {"verdict": "retry", "reason": "The log shows nothing"}, content_type="application/json"
        ).status_code
        == 200
    )
    work_off()
    run.refresh_from_db()
    assert (run.state, len(kinds.sent)) == ("SUCCEEDED", 1)
