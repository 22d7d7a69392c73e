"""The steps that read and change the CRM: each with the rights of whoever published, and a chunk at once."""

from __future__ import annotations

from time import perf_counter
from typing import Any
from uuid import uuid4

import pytest

from crm.actors import SYSTEM, Actor, actor_of
from crm.models import Activity, AuditEntry, Customer, CustomField, Member, Segment, ServiceRequest
from crm.models.members import Role
from tests.agents.running import RunStep
from workflows import registry
from workflows.models import Run
from workflows.states import RunState
from workflows.steps import Done, RunInfo, StepContext

CHUNK = 200


def test_a_request_is_opened_with_what_the_run_knows(run_step: RunStep, customers: list[Customer]) -> None:
    config = {
        "customer": {"$expr": "input.id"}, "subject": "Keep {{ input.name }}", "description": "Risk {{ input.risk }}",
        "kind": "retention", "priority": "high",
    }  # fmt: skip
    ended = run_step("create_request", config, {"id": customers[0].pk, "name": "Alice", "risk": 0.9})
    request = ServiceRequest.objects.get()
    assert ended.output == {"request": request.pk, "customer": customers[0].pk}
    assert (request.subject, request.description, request.kind) == ("Keep Alice", "Risk 0.9", "retention")
    assert request.run_id == ended.run.pk


def test_what_a_step_did_stands_on_the_timeline_with_its_run_and_version(
    run_step: RunStep, customers: list[Customer]
) -> None:
    ended = run_step("add_note", {"customer": customers[0].pk, "text": "Called\nShe stays", "kind": "call"})
    entry = Activity.objects.get(customer=customers[0])
    assert (entry.kind, entry.summary, entry.body) == ("call", "Called", "Called\nShe stays")
    assert (entry.run_id, entry.node, entry.workflow_version) == (ended.run.pk, "step", "Test v1")
    assert AuditEntry.objects.filter(action="activity.create", run_id=ended.run.pk).count() == 1


def test_a_customer_is_tagged_once_however_often(run_step: RunStep, customers: list[Customer]) -> None:
    for _ in range(2):
        run_step("tag_customer", {"customer": customers[0].pk, "tag": "churn-rescue"})
    assert [tag.name for tag in customers[0].tags.all()] == ["churn-rescue"]
    assert Activity.objects.filter(customer=customers[0], kind="tag").count() == 1


def test_a_tag_is_taken_off(run_step: RunStep, customers: list[Customer]) -> None:
    run_step("tag_customer", {"customer": customers[0].pk, "tag": "vip"})
    run_step("tag_customer", {"customer": customers[0].pk, "tag": "vip", "remove": True})
    assert not customers[0].tags.exists()


def test_fields_are_changed_custom_ones_too(run_step: RunStep, customers: list[Customer]) -> None:
    CustomField.objects.create(record="customer", key="plan", label="Plan", type="text")
    config = {"customer": customers[0].pk, "changes": {"lifecycle": "at_risk", "custom.plan": "{{ input.plan }}"}}
    run_step("update_customer", config, {"plan": "gold"})
    customers[0].refresh_from_db()
    assert (customers[0].lifecycle, customers[0].custom) == ("at_risk", {"plan": "gold"})


def test_a_value_that_does_not_fit_fails_the_step_and_changes_nothing(
    run_step: RunStep, customers: list[Customer]
) -> None:
    ended = run_step("update_customer", {"customer": customers[0].pk, "changes": {"name": "New", "lifecycle": "odd"}})
    assert ended.run.state == RunState.FAILED
    customers[0].refresh_from_db()
    assert customers[0].name == "Alice"


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("create_request", {"customer": 0, "subject": "x"}),
        ("tag_customer", {"customer": 0, "tag": "x"}),
        ("add_note", {"customer": 0, "text": "x"}),
        ("update_customer", {"customer": 0, "changes": {"name": "x"}}),
    ],
)
def test_a_customer_who_is_not_there_fails_the_step(kind: str, config: dict[str, Any], run_step: RunStep) -> None:
    ended = run_step(kind, {**config, "customer": 4_000_000})
    assert ended.error["code"] == "not_found"


def test_a_segment_is_read_by_name_or_number(run_step: RunStep, customers: list[Customer]) -> None:
    Customer.objects.filter(name="Bob").update(lifecycle="lead")
    condition = {"match": "all", "rules": [{"field": "lifecycle", "op": "is", "value": "active"}]}
    segment = Segment.objects.create(name="Active", condition=condition)
    by_name = run_step("segment_customers", {"segment": "Active"}).output
    assert [one["name"] for one in by_name["customers"]] == ["Alice", "Charlie"]
    assert run_step("segment_customers", {"segment": segment.pk}).output == by_name
    assert run_step("segment_customers", {"segment": str(segment.pk), "limit": 1}).output["count"] == 1


def test_a_segment_that_is_not_there_is_named(run_step: RunStep) -> None:
    assert run_step("segment_customers", {"segment": "Nobody"}).error["code"] == "no_such_segment"


def calls(kind: str, actor: Actor, rows: list[Customer], **config: Any) -> list[tuple[StepContext, Any]]:
    run = RunInfo(uuid4(), 1, 1, "Test", 1, {}, actor)
    schema = registry.get(kind).config
    return [
        (StepContext(run, "step", "Step", 1, index, 1, None, f"key-{index}"), schema(customer=row.pk, **config))
        for index, row in enumerate(rows)
    ]


@pytest.fixture
def many(db: None) -> list[Customer]:
    made = [Customer(name=f"Customer {n}", email=f"c{n}@example.com") for n in range(CHUNK)]
    return list(Customer.objects.bulk_create(made))


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("create_request", {"subject": "Keep", "description": "why"}),
        ("tag_customer", {"tag": "churn-rescue"}),
        ("add_note", {"text": "Noted"}),
        ("update_customer", {"changes": {"lifecycle": "at_risk"}}),
    ],
)
def test_a_chunk_takes_few_statements_and_little_time(
    kind: str, config: dict[str, Any], many: list[Customer], django_assert_max_num_queries: Any
) -> None:
    batch = registry.get(kind).run_batch
    assert batch is not None
    batch(calls(kind, SYSTEM, many[:2], **config))  # what is loaded once
    chunk = calls(kind, SYSTEM, many, **config)
    with django_assert_max_num_queries(30):
        started = perf_counter()
        outcomes = batch(chunk)
        seconds = perf_counter() - started
    assert [one.output["customer"] for one in outcomes if isinstance(one, Done)] == [row.pk for row in many]
    # 60 ms on an idle machine; the bound leaves room for a busy one.
    assert seconds < 0.3


def test_a_run_does_no_more_than_its_publisher_may(customers: list[Customer]) -> None:
    builder = actor_of(Member.objects.create_user("bo", "bo@example.com", "x", role=Role.BUILDER))
    batch = registry.get("create_request").run_batch
    assert batch is not None
    with pytest.raises(Exception, match="may not create"):
        batch(calls("create_request", builder, customers, subject="x"))
    assert not ServiceRequest.objects.exists()
    assert not Run.objects.exists()
