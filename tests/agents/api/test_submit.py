"""POST /submit and GET /status: distributed work in one call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from crm.actors import SYSTEM, Actor
from tests.agents.fixtures import ActorAs, ApiAs
from tests.workflows.engine.conftest import work_off
from workflows.models import Run, Workflow
from workflows.services.versions import publish
from workflows.services.workflows import import_document

pytestmark = pytest.mark.django_db
DOCUMENT = Path(settings.BASE_DIR) / "workflows" / "demo" / "sum-of-squares.json"


@pytest.fixture
def installed(actor_as: ActorAs) -> Workflow:
    actor: Actor = actor_as("admin") or SYSTEM
    workflow = import_document(actor=actor, document=json.loads(DOCUMENT.read_text()))
    publish(actor=actor, workflow=workflow)
    assert workflow.key == "sum-of-squares"
    return workflow


def result_of(client: Any, data: list[float]) -> dict[str, Any]:
    accepted = client.post("/submit", {"data": data})
    assert accepted.status_code == 202, accepted.content
    work_off()
    answer: dict[str, Any] = client.get(f"/status/{accepted.json()['task_id']}").json()
    return answer


def test_the_squares_of_one_to_five_add_up_to_55(installed: Workflow, api_as: ApiAs) -> None:
    answer = result_of(api_as("builder"), [1, 2, 3, 4, 5])
    assert (answer["state"], answer["result"]) == ("SUCCEEDED", 55)
    assert isinstance(answer["result"], int)


@pytest.mark.parametrize(("data", "total"), [([], 0), ([0.5], 0.25), ([-3, 4], 25), (list(range(300)), 8955050)])
def test_other_numbers_add_up_too(data: list[float], total: float, installed: Workflow, api_as: ApiAs) -> None:
    assert result_of(api_as("manager"), data)["result"] == total


def test_before_it_is_worked_on_it_runs_without_a_result(installed: Workflow, api_as: ApiAs) -> None:
    client = api_as("builder")
    task = client.post("/submit", {"data": [2]}).json()["task_id"]
    assert client.get(f"/status/{task}").json() == {
        "task_id": task, "state": "RUNNING", "result": None, "error": None
    }  # fmt: skip


@pytest.mark.parametrize("data", [None, "12", ["x"], [None], ["inf"], ["3"], [True], [1, [2]], {"a": 1}])
def test_what_is_not_numbers_is_refused_and_nothing_starts(data: Any, installed: Workflow, api_as: ApiAs) -> None:
    assert api_as("builder").post("/submit", {"data": data}).status_code == 422
    assert not Run.objects.exists()


@pytest.mark.parametrize("role", ["operator", "viewer"])
def test_who_may_not_run_workflows_submits_nothing(role: str, installed: Workflow, api_as: ApiAs) -> None:
    assert api_as(role).post("/submit", {"data": [1]}).status_code == 403
    assert not Run.objects.exists()


def test_a_task_that_is_not_there_is_a_404(installed: Workflow, api_as: ApiAs) -> None:
    assert api_as("viewer").get("/status/01890000-0000-7000-8000-000000000000").status_code == 404


def test_a_stranger_is_asked_to_log_in(client: Any) -> None:
    assert client.post("/submit", {"data": [1]}, content_type="application/json").status_code == 401


def test_where_the_workflow_is_missing_it_says_how_to_get_it(api_as: ApiAs) -> None:
    answer = api_as("builder").post("/submit", {"data": [1]})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_workflow")


def test_what_is_no_task_is_told_so_as_a_problem(api_as: ApiAs) -> None:
    answer = api_as("viewer").get("/status/nonsense")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/submit", "/predict"])
def test_a_body_that_is_too_large_is_refused_as_a_problem(api_as: ApiAs, path: str) -> None:
    body = '{"data": [' + " " * 11_000_000 + "]}"
    answer = api_as("manager").post(path, body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
