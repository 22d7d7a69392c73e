"""The pages: who sees what, what forms do, and that refused ones do nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.actors import Actor
from crm.models import Customer, Member
from tests.workflows.conftest import GREET, member_of, output_of
from tests.workflows.engine.conftest import work_off
from tests.workflows.graph.test_document import ORDER_PROCESSING
from workflows.models import Approval, Run, Workflow
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document

Actors = Callable[[str], Actor]
As = Callable[[str], Client]
pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client_as(actors: Actors) -> As:
    def client(role: str) -> Client:
        made = Client()
        made.force_login(member_of(actors(role)), "django.contrib.auth.backends.ModelBackend")
        return made

    return client


@pytest.fixture
def run(actors: Actors) -> Run:
    """A run that waits for a manager to approve 120 customers."""
    items = [
        {"id": number, "name": f"Customer {number}", "probability": 0.8,
         "reasons": [{"field": "contract_kind", "value": "Monthly", "contribution": 0.4}]}
        for number in range(1, 121)
    ]  # fmt: skip
    ask = {"id": "ask", "type": "approval", "config": {
        "title": "Rescue them?", "items": items, "what_will_happen": ["A request is opened."],
    }}  # fmt: skip
    workflow = import_document(actor=actors("manager"), document={"name": "Ask", "nodes": [ask]})
    publish(actor=actors("manager"), workflow=workflow)
    started = start_run(actor=actors("manager"), workflow=workflow)
    work_off()
    return started


@pytest.fixture
def approval(run: Run) -> Approval:
    return Approval.objects.get()


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize("role", ["admin", "manager", "builder", "operator", "viewer"])
def test_every_role_reads_the_lists(client_as: As, run: Run, role: str) -> None:
    client = client_as(role)
    for path in ("/workflows/", "/workflows/ask/", "/workflows/ask/versions/", "/runs/", f"/runs/{run.pk}/"):
        assert client.get(path).status_code == 200, path
    assert client.get("/approvals/").status_code == 200


@pytest.mark.parametrize("path", ["/workflows/", "/workflows/greet/", "/runs/", "/approvals/"])
def test_a_stranger_is_asked_to_log_in(workflow: Workflow, path: str) -> None:
    response = Client().get(path)
    assert (response.status_code, response["Location"]) == (302, f"/login/?next={path}")


@pytest.mark.parametrize(
    "path", ["/workflows/nobody/", "/runs/01a1fced-0b45-7265-9b6a-797d1c4c41ed/", "/approvals/9/", "/runs/?workflow=x"]
)
def test_what_is_not_there_is_not_found(client_as: As, path: str) -> None:
    assert client_as("manager").get(path).status_code == 404


def test_the_list_says_what_starts_a_workflow_and_how_it_last_ran(client_as: As, run: Run) -> None:
    shown = text(client_as("manager").get("/workflows/"))
    assert "Version 1" in shown
    assert "Waiting" in shown
    assert f"/runs/{run.pk}/" in shown


def test_the_list_is_searched_in_part(client_as: As, workflow: Workflow, run: Run) -> None:
    shown = text(client_as("manager").get("/workflows/?q=gree", headers=HTMX))
    assert "Greet" in shown
    assert "Ask" not in shown
    assert "<html" not in shown


def test_a_new_workflow_is_opened_in_the_designer(client_as: As) -> None:
    client = client_as("builder")
    made = client.post("/workflows/new/", {"name": "Welcome"})
    assert made["Location"] == "/workflows/welcome/"
    shown = text(client.get("/workflows/welcome/"))
    assert 'id="designer" data-workflow-id="welcome" data-api="/api/v1" data-csrf="' in shown
    assert "designer/designer.js" in shown


def test_a_workflow_without_a_name_is_explained(client_as: As) -> None:
    response = client_as("builder").post("/workflows/new/", {"name": " "}, follow=True)
    assert "Give the workflow a name" in text(response)
    assert not Workflow.objects.exists()


def test_a_file_is_imported(client_as: As) -> None:
    file = SimpleUploadedFile("order.json", json.dumps(ORDER_PROCESSING).encode())
    response = client_as("builder").post("/workflows/import/", {"file": file})
    assert response["Location"] == "/workflows/order_processing/"


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"nodes": 3}', "[" * 50_000])
def test_what_is_no_workflow_is_not_imported(client_as: As, content: str) -> None:
    response = client_as("builder").post("/workflows/import/", {"text": content}, follow=True)
    assert response.status_code == 200
    assert 'role="alert"' in text(response)
    assert not Workflow.objects.exists()


def test_a_switch_switches(client_as: As, workflow: Workflow, builder: Actor) -> None:
    publish(actor=builder, workflow=workflow)
    shown = text(client_as("builder").post("/workflows/greet/enabled/", headers=HTMX))
    workflow.refresh_from_db()
    assert not workflow.enabled
    assert "checked" not in shown
    client_as("builder").post("/workflows/greet/enabled/", {"enabled": "on"})
    workflow.refresh_from_db()
    assert workflow.enabled


def test_run_leads_to_the_run(client_as: As, workflow: Workflow, builder: Actor) -> None:
    publish(actor=builder, workflow=workflow)
    response = client_as("builder").post("/workflows/greet/run/")
    assert response["Location"] == f"/runs/{Run.objects.get().pk}/"


@pytest.mark.parametrize("role", ["viewer", "operator"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/workflows/new/", {"name": "X"}),
        ("/workflows/import/", {"text": json.dumps(GREET)}),
        ("/workflows/greet/enabled/", {}),
        ("/workflows/greet/run/", {}),
        ("/workflows/greet/delete/", {}),
    ],
)
def test_a_reader_changes_nothing(
    client_as: As, workflow: Workflow, builder: Actor, role: str, path: str, body: dict[str, str]
) -> None:
    publish(actor=builder, workflow=workflow)
    assert client_as(role).post(path, body).status_code == 403
    workflow.refresh_from_db()
    assert (Workflow.objects.count(), workflow.enabled) == (1, True)
    assert not Run.objects.exists()


def test_a_form_from_elsewhere_is_refused(actors: Actors) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member_of(actors("builder")), "django.contrib.auth.backends.ModelBackend")
    assert client.post("/workflows/new/", {"name": "X"}).status_code == 403
    assert not Workflow.objects.exists()


def test_a_run_shows_what_it_waits_for_and_can_be_cancelled(client_as: As, run: Run, approval: Approval) -> None:
    client = client_as("manager")
    shown = text(client.get(f"/runs/{run.pk}/"))
    assert "waits for a manager to approve" in shown
    assert f"/approvals/{approval.pk}/" in shown
    assert f'id="run-graph" data-run-id="{run.pk}"' in shown
    assert "every 2s" in text(client.get(f"/runs/{run.pk}/", headers=HTMX))
    assert client_as("viewer").post(f"/runs/{run.pk}/cancel/").status_code == 403
    client.post(f"/runs/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.state == "CANCELLED"
    assert "every 2s" not in text(client.get(f"/runs/{run.pk}/", headers=HTMX))


def test_runs_are_filtered_and_paged(client_as: As, workflow: Workflow, builder: Actor, run: Run) -> None:
    publish(actor=builder, workflow=workflow)
    for _ in range(60):
        start_run(actor=builder, workflow=workflow)
    client = client_as("viewer")
    first = client.get("/runs/?workflow=greet")
    assert text(first).count('<th scope="row">') == 50
    last = first.context["next"]
    rest = text(client.get(f"/runs/?workflow=greet&cursor={last}", headers=HTMX))
    assert rest.count('<th scope="row">') == 10
    assert "<table" not in rest
    assert text(client.get("/runs/?state=WAITING", headers=HTMX)).count('<th scope="row">') == 1
    assert "No run fits" in text(client.get("/runs/?state=FAILED", headers=HTMX))
    assert text(client.get(f"/runs/?number=%23{run.number}", headers=HTMX)).count('<th scope="row">') == 1


class TestInbox:
    def test_the_first_question_is_open(self, client_as: As, approval: Approval) -> None:
        shown = text(client_as("manager").get("/approvals/"))
        assert "A request is opened." in shown
        assert "Contract kind: Monthly" in shown
        assert shown.count('name="struck"') == 50
        assert "Show more, 70 left" in shown

    def test_more_items_are_fetched_when_asked(self, client_as: As, approval: Approval) -> None:
        rows = text(client_as("manager").get(f"/approvals/{approval.pk}/items/?start=100", headers=HTMX))
        assert rows.count('name="struck"') == 20
        assert "Show more" not in rows

    def test_approving_strikes_out_and_leads_on(self, client_as: As, approval: Approval, run: Run) -> None:
        client = client_as("manager")
        answer = client.post(
            f"/approvals/{approval.pk}/decide/", {"decision": "approved", "struck": ["0", "7"], "reason": "Fine"}
        )
        assert answer["Location"] == "/approvals/"
        approval.refresh_from_db()
        assert (approval.state, approval.struck, approval.reason) == ("approved", [0, 7], "Fine")
        shown = text(client.get(f"/approvals/{approval.pk}/"))
        assert shown.count('class="struck"') == 2
        assert "by Manager" in shown
        assert 'name="decision"' not in shown
        work_off()
        assert len(output_of(run.pk)["items"]) == 118

    def test_the_second_to_decide_is_told(self, client_as: As, approval: Approval) -> None:
        path = f"/approvals/{approval.pk}/decide/"
        client_as("manager").post(path, {"decision": "rejected"})
        late = client_as("admin").post(path, {"decision": "approved"}, follow=True)
        assert "Manager already rejected this." in text(late)
        approval.refresh_from_db()
        assert approval.state == "rejected"

    def test_who_is_not_asked_sees_no_buttons_and_can_not_decide(self, client_as: As, approval: Approval) -> None:
        client = client_as("viewer")
        assert 'name="decision"' not in text(client.get(f"/approvals/{approval.pk}/"))
        assert client.post(f"/approvals/{approval.pk}/decide/", {"decision": "approved"}).status_code == 403
        assert client_as("operator").get(f"/approvals/{approval.pk}/").status_code == 404
        approval.refresh_from_db()
        assert approval.state == "open"

    def test_a_form_is_filled_in_by_an_operator(self, client_as: As, actors: Actors) -> None:
        customer = Customer.objects.create(name="Ann", email="ann@example.com")
        fields = [
            {"name": "outcome", "label": "Outcome", "type": "choice", "choices": ["stays", "leaves"]},
            {"name": "reason", "label": "What was said", "type": "long_text", "required": False},
        ]
        config = {"title": "Call Ann", "fields": fields, "customer": customer.pk}
        document = {"name": "Call", "nodes": [{"id": "call", "type": "ask_operator", "config": config}]}
        workflow = import_document(actor=actors("manager"), document=document)
        publish(actor=actors("manager"), workflow=workflow)
        run = start_run(actor=actors("manager"), workflow=workflow)
        work_off()
        client, path = client_as("operator"), f"/approvals/{Approval.objects.get().pk}/decide/"
        assert "What was said" in text(client.get("/approvals/"))
        refused = client.post(path, {"decision": "approved", "answer-reason": "Hm", "reason": "Own words"})
        assert refused.status_code == 422
        assert "Fill this in." in text(refused)
        assert ">Hm</textarea>" in text(refused)
        assert ">Own words</textarea>" in text(refused)
        client.post(path, {"decision": "approved", "answer-outcome": "leaves", "answer-reason": "Too dear"})
        work_off()
        assert output_of(run.pk)["answers"] == {"outcome": "leaves", "reason": "Too dear"}

    def test_what_was_typed_is_escaped(self, client_as: As, approval: Approval) -> None:
        evil = "<script>alert(1)</script>"
        Approval.objects.update(title=evil, instructions=evil, items=[{"id": 1, "name": evil}], what_will_happen=[evil])
        assert evil not in text(client_as("manager").get("/approvals/"))


def test_the_home_page_shows_what_waits(client_as: As, approval: Approval) -> None:
    assert "Rescue them?" in text(client_as("manager").get("/"))
    assert "Rescue them?" not in text(client_as("operator").get("/"))


def test_the_console_reads_and_changes_nothing(actors: Actors, run: Run) -> None:
    member = member_of(actors("admin"))
    Member.objects.filter(pk=member.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(Member.objects.get(pk=member.pk), "django.contrib.auth.backends.ModelBackend")
    for model in ("workflow", "version", "trigger", "run", "approval"):
        assert client.get(f"/admin/workflows/{model}/").status_code == 200, model
        assert client.get(f"/admin/workflows/{model}/add/").status_code == 403, model
    assert client.get(f"/admin/workflows/run/{run.pk}/change/").status_code == 200
    assert client.post(f"/admin/workflows/run/{run.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Run.objects.filter(pk=run.pk).exists()
