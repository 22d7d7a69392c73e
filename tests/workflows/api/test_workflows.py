"""Workflows over HTTP: shapes, refusals, conflicts."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from crm.actors import Actor
from tests.workflows.conftest import GREET, member_of, output_of
from tests.workflows.engine.conftest import work_off
from tests.workflows.graph.test_document import ORDER_PROCESSING
from workflows.graph import policies
from workflows.models import Approval, Run, Trigger, Version, Workflow
from workflows.services.hooks import sign
from workflows.services.triggers import webhook_key

Actors = Callable[[str], Actor]
As = Callable[[str], APIClient]
pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1"


@pytest.fixture
def client_as(actors: Actors) -> As:
    def client(role: str) -> APIClient:
        made = APIClient()
        made.force_authenticate(member_of(actors(role)))
        return made

    return client


def problem(response: Any) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    assert response.data["status"] == response.status_code
    return response.status_code, response.data["code"]


def test_a_document_goes_from_import_to_a_finished_run(client_as: As) -> None:
    client = client_as("manager")
    document = {
        "name": "Sum",
        "nodes": [{"id": "add", "type": "aggregate", "config": {"values": {"$expr": "input.data"}}}],
        "edges": [],
    }
    made = client.post(f"{API}/workflows/import", document)
    assert (made.status_code, made.data["key"], made.data["published"]) == (201, "sum", None)
    published = client.post(f"{API}/workflows/sum/publish").data
    assert published == {"number": 1, "webhook_secrets": {}, "cases": [], "in_flight": None}
    started = client.post(f"{API}/workflows/sum/runs", {"input": {"data": [1, 4]}})
    assert (started.status_code, started.data["state"]) == (202, "RUNNING")
    work_off()
    run = client.get(f"{API}/runs/{started.data['id']}").data
    assert (run["state"], run["version"], run["workflow"], run["output"]) == (
        "SUCCEEDED", 1, "Sum", {"value": 5, "count": 2},
    )  # fmt: skip
    (step,) = run["steps"]
    assert {key: step[key] for key in ("node", "type", "state", "attempt", "output", "error")} == {
        "node": "add", "type": "aggregate", "state": "SUCCEEDED", "attempt": 1,
        "output": {"value": 5, "count": 2}, "error": None,
    }  # fmt: skip


def test_order_processing_is_accepted_as_it_stands(client_as: As) -> None:
    made = client_as("builder").post(f"{API}/workflows/import", ORDER_PROCESSING)
    assert (made.status_code, made.data["key"], made.data["problems"]) == (201, "order_processing", [])


def test_a_workflow_is_read_by_id_or_key(client_as: As, workflow: Workflow) -> None:
    client = client_as("viewer")
    by_key = client.get(f"{API}/workflows/greet").data
    assert client.get(f"{API}/workflows/{workflow.pk}").data == by_key
    assert by_key["rights"] == {"edit": False, "publish": False, "run": False, "delete": False}
    assert (by_key["draft"], by_key["revision"], by_key["problems"]) == (GREET, 1, [])


@pytest.mark.parametrize("key", ["nobody", "0", "9" * 30, "％", "a" * 300])
def test_a_workflow_that_is_not_there_is_not_found(client_as: As, key: str) -> None:
    assert problem(client_as("viewer").get(f"{API}/workflows/{key}")) == (404, "not_found")


def test_an_empty_workflow_is_created_and_listed(client_as: As) -> None:
    client = client_as("builder")
    assert client.post(f"{API}/workflows", {"name": "Calls"}).status_code == 201
    assert [row["key"] for row in client.get(f"{API}/workflows").data["results"]] == ["calls"]
    assert client.get(f"{API}/workflows?search=nothing").data == {"results": []}


@pytest.mark.parametrize("extra", [{"owner": 1}, {"revision": 9}, {"published": 1}, {"name": ""}])
def test_fields_that_are_not_the_callers_are_refused(client_as: As, extra: dict[str, Any]) -> None:
    assert problem(client_as("builder").post(f"{API}/workflows", {"name": "X", **extra})) == (422, "invalid_input")
    assert not Workflow.objects.exists()


def test_a_draft_is_saved_with_its_problems(client_as: As, workflow: Workflow) -> None:
    half = {**GREET, "nodes": [{"id": "a", "type": "if"}], "edges": []}
    saved = client_as("builder").put(f"{API}/workflows/greet/draft", {"base_revision": 1, "document": half})
    assert (saved.status_code, saved.data["revision"]) == (200, 2)
    assert [(found["node"], found["field"], found["severity"]) for found in saved.data["problems"]] == [
        ("a", "condition", "error")
    ]


def test_a_stale_save_is_answered_with_what_is_there(client_as: As, workflow: Workflow) -> None:
    client = client_as("builder")
    newer = {**GREET, "name": "Newer"}
    client.put(f"{API}/workflows/greet/draft", {"base_revision": 1, "document": newer})
    stale = client.put(f"{API}/workflows/greet/draft", {"base_revision": 1, "document": GREET})
    assert problem(stale) == (409, "stale_revision")
    assert (stale.data["revision"], stale.data["document"]) == (2, newer)
    workflow.refresh_from_db()
    assert workflow.draft == newer


def test_publishing_problems_are_listed_by_node(client_as: As, workflow: Workflow) -> None:
    client = client_as("builder")
    client.put(
        f"{API}/workflows/greet/draft",
        {"base_revision": 1, "document": {"name": "X", "nodes": [{"id": "a", "type": "if"}]}},
    )
    refused = client.post(f"{API}/workflows/greet/publish", {})
    assert problem(refused) == (422, "invalid_workflow")
    assert [(found["node"], found["field"]) for found in refused.data["errors"]] == [("a", "condition")]
    assert not Version.objects.exists()


def test_publishing_a_stale_revision_is_a_conflict(client_as: As, workflow: Workflow) -> None:
    refused = client_as("builder").post(f"{API}/workflows/greet/publish", {"base_revision": 7})
    assert problem(refused) == (409, "stale_revision")
    assert not Version.objects.exists()


def test_versions_are_listed_and_read(client_as: As, workflow: Workflow) -> None:
    client = client_as("builder")
    client.post(f"{API}/workflows/greet/publish", {"note": "First"})
    (listed,) = client.get(f"{API}/workflows/greet/versions").data["results"]
    assert (listed["number"], listed["note"], listed["by"], listed["steps"]) == (1, "First", "Builder", 2)
    read = client.get(f"{API}/workflows/greet/versions/1").data
    assert read["document"]["nodes"] == GREET["nodes"]
    assert problem(client.get(f"{API}/workflows/greet/versions/2")) == (404, "not_found")


def test_an_export_can_be_imported(client_as: As, workflow: Workflow) -> None:
    client = client_as("builder")
    exported = client.get(f"{API}/workflows/greet/export")
    assert exported["Content-Disposition"] == 'attachment; filename="greet.json"'
    assert client.post(f"{API}/workflows/import", exported.json()).data["key"] == "greet-2"


def test_a_workflow_is_renamed_and_switched_off(client_as: As, workflow: Workflow) -> None:
    changed = client_as("builder").patch(f"{API}/workflows/greet", {"name": "Hello", "enabled": False})
    assert (changed.data["name"], changed.data["enabled"]) == ("Hello", False)


REFUSED = [
    ("post", "/workflows", {"name": "X"}),
    ("post", "/workflows/import", ORDER_PROCESSING),
    ("put", "/workflows/greet/draft", {"base_revision": 1, "document": GREET}),
    ("patch", "/workflows/greet", {"name": "X"}),
    ("delete", "/workflows/greet", None),
    ("post", "/workflows/greet/publish", {}),
    ("post", "/workflows/greet/runs", {}),
]


@pytest.mark.parametrize("role", ["viewer", "operator"])
@pytest.mark.parametrize(("method", "path", "body"), REFUSED)
def test_a_reader_changes_nothing(
    client_as: As, workflow: Workflow, role: str, method: str, path: str, body: Any
) -> None:
    response = getattr(client_as(role), method)(f"{API}{path}", body)
    assert problem(response) == (403, "not_allowed")
    workflow.refresh_from_db()
    assert (Workflow.objects.count(), workflow.revision, workflow.name) == (1, 1, "Greet")
    assert not Version.objects.exists()
    assert not Run.objects.exists()


@pytest.mark.parametrize(("method", "path", "body"), [*REFUSED, ("get", "/runs", None), ("get", "/approvals", None)])
def test_a_stranger_gets_nowhere(workflow: Workflow, method: str, path: str, body: Any) -> None:
    response = getattr(APIClient(), method)(f"{API}{path}", body)
    assert response.status_code in (401, 403)
    assert Workflow.objects.count() == 1


def test_a_run_needs_a_published_version(client_as: As, workflow: Workflow) -> None:
    assert problem(client_as("builder").post(f"{API}/workflows/greet/runs", {})) == (409, "not_published")
    assert not Run.objects.exists()


@pytest.mark.parametrize("name", ['"\\u0000"', '"half \\ud800"'])
def test_an_input_that_the_database_can_not_keep_is_refused(client_as: As, workflow: Workflow, name: str) -> None:
    client, body = client_as("builder"), f'{{"input": {{"name": {name}}}}}'
    client.post(f"{API}/workflows/greet/publish")
    answer = client.post(f"{API}/workflows/greet/runs", body, content_type="application/json")
    assert problem(answer) == (422, "input_not_json")
    assert not Run.objects.exists()


def test_a_key_starts_one_run(client_as: As, workflow: Workflow) -> None:
    client = client_as("builder")
    client.post(f"{API}/workflows/greet/publish")
    ids = {client.post(f"{API}/workflows/greet/runs", {"key": "once"}).data["id"] for _ in range(3)}
    assert len(ids) == 1
    assert len(client.get(f"{API}/workflows/greet/runs").data["results"]) == 1


def test_a_run_is_cancelled_once(client_as: As, workflow: Workflow) -> None:
    client = client_as("builder")
    client.post(f"{API}/workflows/greet/publish")
    run = client.post(f"{API}/workflows/greet/runs", {}).data["id"]
    assert problem(client_as("viewer").post(f"{API}/runs/{run}/cancel")) == (403, "not_allowed")
    assert client.post(f"{API}/runs/{run}/cancel").data["state"] == "CANCELLED"
    assert problem(client.post(f"{API}/runs/{run}/cancel")) == (409, "run_ended")


def test_step_types_tell_all_a_designer_needs(client_as: As) -> None:
    answer = client_as("viewer").get(f"{API}/step-types").data
    types = {one["key"]: one for one in answer["results"]}
    assert set(types["if"]) == {
        "key", "title", "family", "description", "effect", "ports", "dynamic_ports", "container", "repeats", "grows",
        "waits", "only_at_top", "cacheable", "can_probe", "schema", "output_schema", "icon",
    }  # fmt: skip
    assert set(answer["policies"]["properties"]) == set(policies.NAMES)
    assert "deadline_seconds" in answer["settings"]["properties"]
    assert (types["if"]["ports"], types["switch"]["dynamic_ports"], types["map"]["container"]) == (
        ["yes", "no"], "cases", True,
    )  # fmt: skip
    assert types["delay"]["schema"]["properties"]


class TestExpressions:
    def check(self, client: APIClient, expression: str, **more: Any) -> Any:
        document = {**GREET, "sample_input": {"name": "Lin"}}
        given = {"expression": expression, "document": document, "node": "greet", **more}
        return client.post(f"{API}/expressions/check", given).data

    def test_one_is_tried_on_the_sample_input(self, client_as: As) -> None:
        assert self.check(client_as("builder"), "'Hello ' + input.name") == {
            "ok": True, "value": "Hello Lin", "sample": "the sample input",
        }  # fmt: skip

    def test_a_template_is_tried_too(self, client_as: As) -> None:
        assert self.check(client_as("builder"), "Hello {{ input.name }}")["value"] == "Hello Lin"

    def test_one_is_tried_on_the_last_run(self, client_as: As, workflow: Workflow) -> None:
        client = client_as("builder")
        client.post(f"{API}/workflows/greet/publish")
        client.post(f"{API}/workflows/greet/runs", {"input": {"name": "Wang"}})
        work_off()
        found = self.check(client, "steps.start.output.name", workflow="greet")
        assert (found["value"], found["sample"][:4]) == ("Wang", "run ")

    @pytest.mark.parametrize("source", ["input.", "nobody", "steps.greet.output", "item", "__import__('os')"])
    def test_a_wrong_one_is_explained(self, client_as: As, source: str) -> None:
        found = self.check(client_as("builder"), source)
        assert not found["ok"]
        assert found["error"]["message"]

    def test_a_draft_that_can_not_be_read_is_refused(self, client_as: As) -> None:
        given = {"expression": "1", "document": {}, "node": "a"}
        assert problem(client_as("builder").post(f"{API}/expressions/check", given)) == (422, "invalid_document")


class TestApprovals:
    @pytest.fixture
    def approval(self, client_as: As) -> Approval:
        client = client_as("manager")
        items = [{"id": number, "name": f"Customer {number}", "probability": 0.8} for number in range(120)]
        ask = {"id": "ask", "type": "approval", "config": {"title": "Really?", "items": items}}
        client.post(f"{API}/workflows/import", {"name": "Ask", "nodes": [ask]})
        client.post(f"{API}/workflows/ask/publish")
        client.post(f"{API}/workflows/ask/runs", {})
        work_off()
        return Approval.objects.get()

    def test_the_inbox_lists_what_is_asked(self, client_as: As, approval: Approval) -> None:
        (listed,) = client_as("manager").get(f"{API}/approvals").data["results"]
        assert (listed["title"], listed["item_count"], listed["may_decide"]) == ("Really?", 120, True)
        assert "items" not in listed

    @pytest.mark.parametrize(("role", "open_count"), [("viewer", 0), ("builder", 0), ("operator", 0), ("admin", 1)])
    def test_only_who_is_asked_has_it_in_the_inbox(
        self, client_as: As, approval: Approval, role: str, open_count: int
    ) -> None:
        assert len(client_as(role).get(f"{API}/approvals").data["results"]) == open_count

    def test_an_operator_does_not_see_what_a_manager_is_asked(self, client_as: As, approval: Approval) -> None:
        client = client_as("operator")
        assert problem(client.get(f"{API}/approvals/{approval.pk}")) == (404, "not_found")
        refused = client.post(f"{API}/approvals/{approval.pk}/decide", {"decision": "approved"})
        assert problem(refused) == (404, "not_found")
        approval.refresh_from_db()
        assert approval.state == "open"

    def test_items_come_a_page_at_a_time(self, client_as: As, approval: Approval) -> None:
        client, path = client_as("manager"), f"{API}/approvals/{approval.pk}"
        first = client.get(path).data
        assert (len(first["items"]), first["items_next"], first["item_count"]) == (50, 50, 120)
        last = client.get(f"{path}?start=100&limit=50").data
        assert ([item["id"] for item in last["items"]], last["items_next"]) == (list(range(100, 120)), None)

    def test_the_second_to_decide_is_told_who_was_first(self, client_as: As, approval: Approval) -> None:
        path = f"{API}/approvals/{approval.pk}/decide"
        decided = client_as("manager").post(path, {"decision": "approved", "struck": [0, 5]})
        assert (decided.status_code, decided.data["state"], decided.data["struck"]) == (200, "approved", [0, 5])
        late = client_as("admin").post(path, {"decision": "rejected"})
        assert problem(late) == (409, "already_decided")
        assert late.data["detail"] == "Manager already approved this."
        work_off()
        assert len(output_of(approval.run_id)["items"]) == 118

    def test_decided_ones_are_listed_apart(self, client_as: As, approval: Approval) -> None:
        client = client_as("manager")
        client.post(f"{API}/approvals/{approval.pk}/decide", {"decision": "rejected", "reason": "Too many"})
        assert client.get(f"{API}/approvals").data["results"] == []
        (listed,) = client.get(f"{API}/approvals?state=decided").data["results"]
        assert (listed["state"], listed["decided_by"]) == ("rejected", "Manager")


class TestHooks:
    @pytest.fixture
    def hook(self, client_as: As) -> Trigger:
        client = client_as("builder")
        nodes = [{"id": "hook", "type": "trigger_webhook"}, {"id": "do", "type": "set_values"}]
        client.post(
            f"{API}/workflows/import", {"name": "Orders", "nodes": nodes, "edges": [{"from": "hook", "to": "do"}]}
        )
        secrets = client.post(f"{API}/workflows/orders/publish").data["webhook_secrets"]
        trigger = Trigger.objects.get()
        assert base64.b64decode(secrets["hook"].removeprefix("whsec_")) == webhook_key(trigger)
        return trigger

    def call(self, hook: Trigger, body: bytes, **headers: str) -> Any:
        sent = str(int(time.time()))
        signature = base64.b64encode(sign(webhook_key(hook), "msg_1", sent, body)).decode()
        good = {"webhook-id": "msg_1", "webhook-timestamp": sent, "webhook-signature": f"v1,{signature}"}
        return APIClient(enforce_csrf_checks=True).post(
            f"{API}/hooks/{hook.token}", body, content_type="application/json", headers=good | headers
        )

    def test_a_signed_call_is_accepted_once_the_run_is_there(self, hook: Trigger) -> None:
        answer = self.call(hook, json.dumps({"order": 1}).encode())
        assert answer.status_code == 202
        assert Run.objects.get().pk == answer.data["run"]
        assert self.call(hook, json.dumps({"order": 1}).encode()).data == answer.data

    def test_an_unsigned_call_is_refused(self, hook: Trigger) -> None:
        assert problem(self.call(hook, b"{}", **{"webhook-signature": "v1,AAAA"})) == (401, "bad_signature")
        assert not Run.objects.exists()

    def test_five_megabytes_are_refused(self, hook: Trigger) -> None:
        assert problem(self.call(hook, b"x" * 5_000_000)) == (413, "too_large")
        assert not Run.objects.exists()

    def test_the_address_alone_is_shown_to_readers(self, hook: Trigger, client_as: As) -> None:
        shown = client_as("viewer").get(f"{API}/workflows/orders")
        assert shown.data["webhooks"] == {"hook": f"/api/v1/hooks/{hook.token}"}
        assert "whsec" not in shown.content.decode()

    def test_only_who_publishes_makes_a_new_secret(self, hook: Trigger, client_as: As) -> None:
        path = f"{API}/workflows/orders/webhooks/hook/secret"
        before = webhook_key(hook)
        assert problem(client_as("viewer").post(path)) == (403, "not_allowed")
        assert webhook_key(Trigger.objects.get()) == before
        assert client_as("builder").post(path).data["secret"].startswith("whsec_")
        assert webhook_key(Trigger.objects.get()) != before


@pytest.mark.parametrize("path", ["", "/export", "/runs", "/versions"])
def test_a_key_with_a_nul_names_no_workflow(client_as: As, path: str) -> None:
    assert problem(client_as("manager").get(f"{API}/workflows/a%00b{path}")) == (404, "not_found")
