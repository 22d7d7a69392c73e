"""Cases and differences over HTTP, by each kind of member."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from crm.actors import Actor
from tests.workflows.conftest import GREET, member_of
from tests.workflows.engine.conftest import work_off
from workflows.models import Run, Version, Workflow, WorkflowCase
from workflows.services.cases import save_case
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import save_draft

Actors = Callable[[str], Actor]
As = Callable[[str], APIClient]
pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1"
CHANGED = {**GREET, "nodes": [GREET["nodes"][0], {**GREET["nodes"][1], "config": {"values": {"text": "Bye"}}}]}


@pytest.fixture
def client_as(actors: Actors) -> As:
    def client(role: str) -> APIClient:
        made = APIClient()
        made.force_authenticate(member_of(actors(role)))
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


def redraw(workflow: Workflow, builder: Actor) -> None:
    workflow.refresh_from_db()
    save_draft(actor=builder, workflow=workflow, base_revision=workflow.revision, document=CHANGED)


def test_a_case_is_saved_listed_read_and_deleted(client_as: As, run: Run) -> None:
    client = client_as("builder")
    saved = client.post(f"{API}/runs/{run.pk}/case", {"name": "Ann", "outputs": ["greet"]})
    assert (saved.status_code, saved.data["name"], saved.data["saved_from"]) == (201, "Ann", run.pk)
    listed = client.get(f"{API}/workflows/greet/cases").data["results"]
    assert [one["id"] for one in listed] == [saved.data["id"]]
    address = f"{API}/workflows/greet/cases/{saved.data['id']}"
    assert client.get(address).data["content"]["expected"]["outputs"] == {"greet": {"text": "Hello Ann"}}
    assert client.delete(address).status_code == 204
    assert client.get(f"{API}/workflows/greet/cases").data["results"] == []


def test_cases_are_carried_out_on_the_draft_or_a_version(
    client_as: As, builder: Actor, workflow: Workflow, case: WorkflowCase
) -> None:
    redraw(workflow, builder)
    client = client_as("builder")
    on_draft = client.post(f"{API}/workflows/greet/cases/check").data
    assert on_draft == {
        "passed": False,
        "results": [
            {"name": "Ann", "passed": False, "differences": ['The run’s output.text is "Bye", was "Hello Ann".']}
        ],
        "coverage": {"ways": 2, "taken": 2, "never": []},
    }
    assert client.post(f"{API}/workflows/greet/cases/check", {"version": 1}).data["passed"]
    assert Run.objects.count() == 1


def test_a_failing_case_refuses_the_publication_unless_it_is_ignored(
    client_as: As, builder: Actor, workflow: Workflow, case: WorkflowCase
) -> None:
    redraw(workflow, builder)
    client = client_as("builder")
    refused = client.post(f"{API}/workflows/greet/publish")
    assert (refused.status_code, refused.data["code"]) == (422, "case_failed")
    assert refused.data["errors"][0]["message"] == 'Case “Ann”: The run’s output.text is "Bye", was "Hello Ann".'
    assert Version.objects.count() == 1
    published = client.post(f"{API}/workflows/greet/publish", {"ignore_cases": True})
    assert (published.status_code, published.data["cases"][0]["passed"]) == (201, False)


@pytest.mark.parametrize("outputs", [["nobody"], ["start", "x" * 41]])
def test_only_outputs_of_steps_that_are_there_are_chosen(client_as: As, run: Run, outputs: list[str]) -> None:
    response = client_as("builder").post(f"{API}/runs/{run.pk}/case", {"name": "Ann", "outputs": outputs})
    assert response.status_code == 422
    assert not WorkflowCase.objects.exists()


def refusals(case: WorkflowCase) -> list[tuple[str, str, Any]]:
    return [
        ("post", f"/runs/{case.saved_from}/case", {"name": "Mine"}),
        ("post", "/workflows/greet/cases/check", {}),
        ("delete", f"/workflows/greet/cases/{case.pk}", None),
    ]


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_not_draw_changes_no_case(client_as: As, case: WorkflowCase, role: str) -> None:
    for method, path, body in refusals(case):
        response = getattr(client_as(role), method)(f"{API}{path}", body)
        assert (response.status_code, response.data["code"]) == (403, "not_allowed")
    assert [one.name for one in WorkflowCase.objects.all()] == ["Ann"]


def test_who_may_read_only_some_customers_reads_names_but_no_content(client_as: As, case: WorkflowCase) -> None:
    client = client_as("operator")
    assert [one["name"] for one in client.get(f"{API}/workflows/greet/cases").data["results"]] == ["Ann"]
    assert client.get(f"{API}/workflows/greet/cases/{case.pk}").status_code == 403


def test_a_stranger_gets_nowhere(case: WorkflowCase) -> None:
    more = [
        ("get", "/workflows/greet/cases", None),
        ("get", f"/workflows/greet/cases/{case.pk}", None),
        ("get", "/workflows/greet/versions/diff?from=1&to=draft", None),
    ]
    for method, path, body in [*refusals(case), *more]:
        assert getattr(APIClient(), method)(f"{API}{path}", body).status_code in (401, 403)
    assert WorkflowCase.objects.count() == 1


class TestDiff:
    @pytest.mark.parametrize("role", ["viewer", "operator", "builder"])
    def test_whoever_reads_versions_reads_what_differs(
        self, client_as: As, builder: Actor, workflow: Workflow, run: Run, role: str
    ) -> None:
        redraw(workflow, builder)
        diff = client_as(role).get(f"{API}/workflows/greet/versions/diff", {"from": "1", "to": "draft"}).data
        assert diff["sentences"] == ['Step “greet”: values.text is "Bye", was "Hello {{ input.name }}".']
        assert diff["nodes_changed"][0]["changes"] == [
            {"path": "config.values.text", "kind": "changed", "before": "Hello {{ input.name }}", "after": "Bye"}
        ]
        assert not diff["is_empty"]

    def test_a_version_does_not_differ_from_itself(self, client_as: As, run: Run) -> None:
        diff = client_as("viewer").get(f"{API}/workflows/greet/versions/diff", {"from": "1", "to": "1"}).data
        assert diff["is_empty"]

    @pytest.mark.parametrize(
        ("query", "status", "code"),
        [
            ({"from": "1"}, 422, "bad_version"),
            ({"from": "1", "to": "latest"}, 422, "bad_version"),
            ({"from": "1", "to": "9" * 20}, 422, "bad_version"),
            ({"from": "1", "to": "7"}, 404, "not_found"),
        ],
    )
    def test_versions_that_are_not_there_are_told(
        self, client_as: As, run: Run, query: dict[str, str], status: int, code: str
    ) -> None:
        response = client_as("viewer").get(f"{API}/workflows/greet/versions/diff", query)
        assert (response.status_code, response.data["code"]) == (status, code)

    def test_a_draft_that_can_not_be_read_is_told(
        self, client_as: As, builder: Actor, workflow: Workflow, run: Run
    ) -> None:
        half = {"name": "Greet", "nodes": [{"id": "A b"}], "edges": []}
        save_draft(actor=builder, workflow=workflow, base_revision=workflow.revision, document=half)
        response = client_as("viewer").get(f"{API}/workflows/greet/versions/diff", {"from": "1", "to": "draft"})
        assert (response.status_code, response.data["code"]) == (409, "unreadable_draft")
