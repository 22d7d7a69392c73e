"""The tests of a workflow on its page: shown, carried out, saved and deleted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from crm.actors import Actor
from tests.workflows.conftest import GREET, member_of
from tests.workflows.engine.conftest import work_off
from workflows.models import Run, Workflow, WorkflowCase
from workflows.services.cases import save_case
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import save_draft

Actors = Callable[[str], Actor]
As = Callable[[str], Client]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/workflows/greet/versions/"


@pytest.fixture
def client_as(actors: Actors) -> As:
    def client(role: str) -> Client:
        made = Client()
        made.force_login(member_of(actors(role)), "django.contrib.auth.backends.ModelBackend")
        return made

    return client


@pytest.fixture
def run(builder: Actor, workflow: Workflow) -> Run:
    publish(actor=builder, workflow=workflow)
    started = start_run(actor=builder, workflow=workflow, input={"name": "Ann"})
    work_off()
    started.refresh_from_db()
    return started


@pytest.fixture
def case(builder: Actor, run: Run) -> WorkflowCase:
    return save_case(actor=builder, run=run, name="Ann")


def text(response: Any) -> str:
    return str(response.content.decode())


def test_a_run_is_saved_as_a_test(client_as: As, run: Run) -> None:
    client = client_as("builder")
    assert f'<option value="{run.pk}">' in text(client.get(PAGE))
    saved = client.post("/workflows/greet/tests/", {"run": str(run.pk), "name": "Ann"}, follow=True)
    assert "Saved. “Ann” is carried out whenever this workflow is published." in text(saved)
    assert [case.name for case in WorkflowCase.objects.all()] == ["Ann"]


def test_a_test_that_can_not_be_saved_is_told(client_as: As, run: Run) -> None:
    answer = client_as("builder").post("/workflows/greet/tests/", {"run": "x", "name": "Ann"}, follow=True)
    assert "There is no such run." in text(answer)
    assert not WorkflowCase.objects.exists()


def test_tests_are_carried_out_on_the_draft(
    client_as: As, builder: Actor, workflow: Workflow, case: WorkflowCase
) -> None:
    client = client_as("builder")
    assert "1 test, 0 failed. 2 of 2 ways taken" in text(client.post(PAGE))
    changed = {**GREET, "nodes": [GREET["nodes"][0], {**GREET["nodes"][1], "config": {"values": {"text": "Bye"}}}]}
    workflow.refresh_from_db()
    save_draft(actor=builder, workflow=workflow, base_revision=workflow.revision, document=changed)
    part = text(client.post(PAGE, headers={"HX-Request": "true"}))
    assert part.lstrip().startswith("<section")
    assert "The run’s output.text is &quot;Bye&quot;, was &quot;Hello Ann&quot;." in part


@pytest.mark.parametrize("asked", [{}, {"tests": "run"}])
def test_who_only_reads_the_page_carries_no_tests_out(client_as: As, case: WorkflowCase, asked: dict[str, str]) -> None:
    page = text(client_as("builder").get(PAGE, asked))
    assert "Run on the draft" in page
    assert "1 test" not in page


def test_tests_are_carried_out_for_a_page_of_ours_only(actors: Actors, case: WorkflowCase) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member_of(actors("builder")), "django.contrib.auth.backends.ModelBackend")
    assert client.post(PAGE).status_code == 403
    token = re.search(
        r'action="/workflows/greet/versions/#cases".*?name="csrfmiddlewaretoken" value="(\w+)"', text(client.get(PAGE))
    )
    assert token
    assert "1 test, 0 failed" in text(client.post(PAGE, {"csrfmiddlewaretoken": token[1]}))


def test_a_draft_that_can_not_run_is_told(
    client_as: As, builder: Actor, workflow: Workflow, case: WorkflowCase
) -> None:
    workflow.refresh_from_db()
    half = {"name": "Greet", "nodes": [{"id": "a", "type": "no_such_type"}], "edges": []}
    save_draft(actor=builder, workflow=workflow, base_revision=workflow.revision, document=half)
    assert "The draft has 1 problem" in text(client_as("builder").post(PAGE))


def test_a_test_is_deleted(client_as: As, case: WorkflowCase) -> None:
    client_as("builder").post(f"/workflows/greet/tests/{case.pk}/delete/")
    assert not WorkflowCase.objects.exists()


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_a_reader_sees_their_names_and_changes_nothing(client_as: As, case: WorkflowCase, role: str) -> None:
    client = client_as(role)
    assert "Ann" in text(client.get(PAGE))
    assert "Run on the draft" not in text(client.get(PAGE))
    refused = client.post(PAGE)
    assert (refused.status_code, "1 test" in text(refused)) == (403, False)
    client.post("/workflows/greet/tests/", {"run": str(case.saved_from), "name": "Mine"})
    client.post(f"/workflows/greet/tests/{case.pk}/delete/")
    assert [one.name for one in WorkflowCase.objects.all()] == ["Ann"]


def test_a_stranger_is_asked_to_log_in(case: WorkflowCase) -> None:
    assert Client().post(f"/workflows/greet/tests/{case.pk}/delete/").status_code == 302
    assert WorkflowCase.objects.count() == 1
