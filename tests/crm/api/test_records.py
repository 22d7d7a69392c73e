"""Customers, services, requests and segments through the API."""

from __future__ import annotations

from typing import Any

import pytest

from crm.models import AuditEntry, Customer, CustomField, Event
from tests.crm.api.conftest import Api
from tests.crm.people import People

CUSTOMERS = "/api/v1/customers"


def test_a_customer_is_created_changed_and_read(people: People, api: Api) -> None:
    CustomField.objects.create(record="customer", key="seats", label="Seats", type="number")
    client = api(people.manager)
    made = client.post(CUSTOMERS, {"name": "Lin", "email": "lin@example.com", "custom": {"seats": "3"}})
    assert made.status_code == 201
    path = f"{CUSTOMERS}/{made.json()['id']}"
    changed = client.patch(path, {"lifecycle": "lead"})
    assert (changed.status_code, changed.json()["lifecycle"]) == (200, "lead")
    assert client.get(path).json()["custom"] == {"seats": 3}
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "field", ["id", "owner", "owner_id", "user", "churn_risk", "churn_scored_at", "tags", "teams", "created_at", "x"]
)
def test_fields_that_cannot_be_written_are_refused(people: People, api: Api, customer: Customer, field: str) -> None:
    answer = api(people.manager).patch(f"{CUSTOMERS}/{customer.pk}", {"name": "New", field: 1})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert answer.json()["errors"][0]["code"] == "unknown_field"
    assert Customer.objects.get(pk=customer.pk).name == "Wang Fang"


def test_what_is_wrong_is_told_at_its_field(people: People, api: Api, customer: Customer) -> None:
    answer = api(people.manager).post(CUSTOMERS, {"name": "", "email": "WANG@example.com", "custom": {"no": 1}})
    assert answer["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "errors"} == answer.json().keys()
    assert [problem["field"] for problem in answer.json()["errors"]] == ["name"]
    again = api(people.manager).post(CUSTOMERS, {"name": "X", "email": "WANG@example.com", "custom": {"no": 1}})
    assert {problem["field"] for problem in again.json()["errors"]} == {"email", "custom.no"}


def test_pages_follow_each_other(people: People, api: Api, customers: list[Customer]) -> None:
    client = api(people.viewer)
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page: dict[str, Any] = client.get(CUSTOMERS, {"size": "4", "cursor": cursor}).json()
        names += [row["name"] for row in page["results"]]
        cursor = page["next"]
    assert names == [f"Customer {index:02}" for index in range(10)]


@pytest.mark.parametrize("query", ["cursor=x", "size=x", "sort=password", "min_risk=2", "search=%00", "custom.x=1"])
def test_a_wrong_query_is_the_callers_error(people: People, api: Api, query: str) -> None:
    assert api(people.viewer).get(f"{CUSTOMERS}?{query}").status_code == 422


def test_tags_owner_and_timeline(people: People, api: Api, customer: Customer) -> None:
    client, path = api(people.colleague), f"{CUSTOMERS}/{customer.pk}"
    assert client.post(f"{path}/tags", {"tag": "vip"}).json()["tags"] == ["vip"]
    assert client.delete(f"{path}/tags/vip").status_code == 204
    assert client.put(f"{path}/owner", {"member": people.colleague.member_id}).json()["owner"]["name"] == "carl"
    assert client.post(f"{path}/timeline", {"kind": "call", "text": "Hi", "outcome": "stays"}).status_code == 201
    told = [entry["summary"] for entry in client.get(f"{path}/timeline").json()["results"]]
    assert told == ["Hi", "Owner changed", "Tag “vip” removed", "Tagged “vip”", "Customer added"]
    assert client.get(f"{path}/history").json()["results"][-1]["action"] == "customer.create"


def test_a_request_is_opened_and_resolved(people: People, api: Api, customer: Customer) -> None:
    client = api(people.owner)
    made = client.post("/api/v1/requests", {"customer": customer.pk, "subject": "Slow", "priority": "high"})
    assert (made.status_code, made.json()["status"]) == (201, "open")
    resolved = client.patch(f"/api/v1/requests/{made.json()['id']}", {"status": "resolved"})
    assert resolved.json()["response_time"]
    assert client.get("/api/v1/requests", {"status": "unresolved"}).json()["results"] == []
    assert Event.objects.filter(topic="request.updated").count() == 1


def test_a_service_shows_its_customers_address(people: People, api: Api, customer: Customer) -> None:
    client = api(people.owner)
    given = {"customer": customer.pk, "type": "Phone", "start_time": "2021-07-01T09:00:00Z"}
    made = client.post("/api/v1/services", given)
    assert made.status_code == 201
    shown = client.get("/api/v1/services").json()["results"][0]
    assert (shown["email"], shown["status"], shown["start_time"]) == (
        "wang@example.com",
        "pending",
        "2021-07-01T09:00:00Z",
    )


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, "x", None])
def test_a_customer_that_cannot_exist_is_the_callers_error(people: People, api: Api, number: object) -> None:
    answer = api(people.manager).post("/api/v1/requests", {"customer": number})
    assert answer.status_code in (404, 422)
    assert api(people.manager).get(f"{CUSTOMERS}/{number}").status_code == 404


def test_a_segment_is_saved_and_read(people: People, api: Api, customers: list[Customer]) -> None:
    client = api(people.builder)
    rules = [{"field": "name", "op": "starts_with", "value": "Customer 0"}]
    made = client.post("/api/v1/segments", {"name": "First", "condition": {"match": "all", "rules": rules}})
    assert made.status_code == 201
    found = client.get(f"/api/v1/segments/{made.json()['id']}/customers", {"size": 200}).json()["results"]
    assert len(found) == 10
    wrong = client.patch(
        f"/api/v1/segments/{made.json()['id']}", {"condition": {"rules": [{"field": "x", "op": "is"}]}}
    )
    assert wrong.json()["errors"][0]["field"] == "condition.rules.0.field"


def test_an_audit_entry_names_the_request(people: People, api: Api) -> None:
    client = api(people.manager)
    client.post(CUSTOMERS, {"name": "Lin", "email": "lin@example.com"}, headers={"X-Request-ID": "my-request-1"})
    assert AuditEntry.objects.get(action="customer.create").request_id == "my-request-1"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[]", "application/json", 422),
        ('"x"', "application/json", 422),
        ("name=x", "application/x-www-form-urlencoded", 415),
        ('{"name": "\\ud800", "email": "a@example.com"}', "application/json", 422),
        ('{"name": "\\u0000", "email": "a@example.com"}', "application/json", 422),
    ],
)
def test_a_body_that_cannot_be_read_is_the_callers_error(
    people: People, api: Api, body: str, kind: str, status: int
) -> None:
    answer = api(people.manager).generic("POST", CUSTOMERS, body, content_type=kind)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert not Customer.objects.exists()


def test_an_address_of_nothing_is_a_problem_too(people: People, api: Api) -> None:
    answer = api(people.manager).get("/api/v1/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
