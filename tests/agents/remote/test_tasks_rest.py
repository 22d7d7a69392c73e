"""Other agents give us tasks over REST."""

from __future__ import annotations

from typing import Any

import pytest

from crm.models import AuditEntry
from tests.agents.fixtures import ApiAs
from tests.workflows.engine.conftest import work_off
from workflows.models import Run, Workflow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
TASKS = "/api/v1/agent/tasks"


def give(client: Any, **more: Any) -> Any:
    return client.post(TASKS, {"task_id": "t-1", "agent_type": "doubling", "input": {"n": 21}, **more})


def test_a_task_is_accepted_carried_out_and_answers_its_output(doubling: Workflow, api_as: ApiAs) -> None:
    client = api_as("builder")
    accepted = give(client)
    assert accepted.status_code == 202
    assert accepted.json() == {"task_id": "t-1", "state": "RUNNING", "output": None, "error": None}
    work_off()
    answer = client.get(f"{TASKS}/t-1").json()
    assert (answer["state"], answer["output"], answer["error"]) == ("SUCCEEDED", {"double": 42}, None)


def test_the_same_task_id_answers_the_same_run(doubling: Workflow, api_as: ApiAs) -> None:
    client = api_as("manager")
    give(client)
    work_off()
    assert give(client).json()["output"] == {"double": 42}
    assert Run.objects.count() == 1


def test_a_task_id_is_not_used_for_two_agent_types(doubling: Workflow, failing: Workflow, api_as: ApiAs) -> None:
    client = api_as("manager")
    give(client)
    again = give(client, agent_type="failing")
    assert (again.status_code, again.json()["code"]) == (409, "task_id_used")
    assert Run.objects.count() == 1


def test_two_callers_may_use_the_same_id_and_see_only_their_own(doubling: Workflow, api_as: ApiAs) -> None:
    give(api_as("manager"))
    assert api_as("builder").get(f"{TASKS}/t-1").json()["code"] == "no_task"
    give(api_as("builder"))
    assert Run.objects.count() == 2


def test_a_task_that_fails_says_why(failing: Workflow, api_as: ApiAs) -> None:
    client = api_as("manager")
    give(client, agent_type="failing")
    work_off()
    answer = client.get(f"{TASKS}/t-1").json()
    assert (answer["state"], answer["output"], answer["error"]["code"]) == ("FAILED", None, "address_refused")


def test_what_the_caller_says_about_the_task_stands_in_the_audit_trail(doubling: Workflow, api_as: ApiAs) -> None:
    give(api_as("manager"), metadata={"trace": "abc"})
    entry = AuditEntry.objects.get(action="task.accepted")
    assert entry.after == {"task_id": "t-1", "agent_type": "doubling", "metadata": {"trace": "abc"}}


@pytest.mark.parametrize("role", ["viewer", "operator", "worker"])
def test_who_may_not_run_workflows_gives_no_task(role: str, doubling: Workflow, api_as: ApiAs) -> None:
    assert give(api_as(role)).status_code == 403
    assert not Run.objects.exists()


def test_a_stranger_is_asked_for_a_token(client: Any) -> None:
    assert client.post(TASKS, {}, content_type="application/json").status_code == 401
    assert client.get(f"{TASKS}/t-1").status_code == 401


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"agent_type": "nothing"}, 404, "no_agent_type"),
        ({"agent_type": "no\x00ne"}, 422, "invalid_input"),
        ({"task_id": "a b"}, 422, "bad_task_id"),
        ({"task_id": "x" * 121}, 422, "invalid_input"),
        ({"input": [1]}, 422, "input_not_object"),
        ({"metadata": {"a": "x" * 201}}, 422, "invalid_input"),
        ({"metadata": {str(n): "x" for n in range(21)}}, 422, "bad_metadata"),
        ({"more": 1}, 422, "invalid_input"),
        ({"input": {"text": "x" * 4_000_000}}, 413, "too_large"),
    ],
)
def test_what_can_not_be_a_task_is_refused_and_nothing_starts(
    wrong: dict[str, Any], status: int, code: str, doubling: Workflow, api_as: ApiAs
) -> None:
    answer = give(api_as("manager"), **wrong)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Run.objects.exists()


def test_too_many_calls_in_a_minute_are_put_off(doubling: Workflow, api_as: ApiAs, settings: Any) -> None:
    settings.REMOTE = {**settings.REMOTE, "TASKS_PER_MINUTE": 0}
    refused = give(api_as("manager"))
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert not Run.objects.exists()


def test_the_description_of_the_api_tells_of_it(client: Any) -> None:
    paths = client.get("/api/schema/?format=json").json()["paths"]
    assert {"/api/v1/agent/tasks", "/api/v1/agent/tasks/{task_id}"} <= set(paths)
