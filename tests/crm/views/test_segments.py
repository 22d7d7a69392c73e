"""The builder of segments."""

from __future__ import annotations

import pytest
from django.test import Client

from crm.models import Customer, Segment
from crm.models.fields import FieldType
from crm.services.fields import NewField, create_field
from tests.crm.people import People
from tests.crm.views.conftest import Browse


@pytest.fixture
def client(people: People, browse: Browse) -> Client:
    return browse(people.manager)


def rules(*lines: tuple[str, str, str], **more: str) -> dict[str, object]:
    fields, ops, values = zip(*lines, strict=True)
    return {"name": "Loyal", "match": "all", "field": fields, "op": ops, "value": values, **more}


def test_the_lines_of_the_builder_become_a_condition(client: Client, people: People) -> None:
    create_field(actor=people.admin, new=NewField("seats", "Seats", FieldType.NUMBER))
    lines = rules(
        ("lifecycle", "is", "active"),
        ("custom.seats", "between", "2, 5"),
        ("tag", "in", "VIP, Gold"),
        ("created_at", "in_last_days", "30"),
        ("churn_risk", "is_empty", ""),
    )
    client.post("/segments/new/", lines)
    assert Segment.objects.get().condition == {
        "match": "all",
        "rules": [
            {"field": "lifecycle", "op": "is", "value": "active"},
            {"field": "custom.seats", "op": "between", "value": [2, 5]},
            {"field": "tag", "op": "in", "value": ["VIP", "Gold"]},
            {"field": "created_at", "op": "in_last_days", "value": 30},
            {"field": "churn_risk", "op": "is_empty"},
        ],
    }


def test_a_wrong_rule_is_named_and_all_lines_stay(client: Client, db: None) -> None:
    answer = client.post("/segments/new/", rules(("lifecycle", "is", "active"), ("churn_risk", "gte", "much")))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert not Segment.objects.exists()
    assert "Give a number" in shown
    assert 'value="much"' in shown
    assert shown.count("data-rule>") == 2


def test_the_form_shows_a_saved_segment_again(client: Client, db: None) -> None:
    client.post("/segments/new/", rules(("churn_risk", "gte", "0.7"), match="any"))
    segment = Segment.objects.get()
    shown = client.get(f"/segments/{segment.pk}/edit/").content.decode()
    assert 'value="0.7"' in shown
    assert '<option value="any" selected>' in shown


def test_a_line_offers_the_comparisons_of_its_field(client: Client, db: None) -> None:
    shown = client.get("/segments/rule/?field=churn_risk").content.decode()
    assert "is at least" in shown
    assert "contains" not in shown


def test_the_preview_counts_before_anything_is_saved(client: Client, customers: list[Customer]) -> None:
    shown = client.post("/segments/preview/", rules(("name", "contains", "Customer 0"))).content.decode()
    assert "10 customers" in shown
    assert not Segment.objects.exists()


def test_a_segment_says_its_rules_and_shows_its_customers(client: Client, customers: list[Customer]) -> None:
    client.post("/segments/new/", rules(("lifecycle", "is", "active")))
    shown = client.get(f"/segments/{Segment.objects.get().pk}/").content.decode()
    assert "10 customers" in shown
    assert "Customer 00" in shown


def test_the_preview_shows_a_member_its_own_rows_only(
    customer: Customer, customers: list[Customer], people: People, browse: Browse
) -> None:
    answer = browse(people.builder).post("/segments/preview/", rules(("lifecycle", "is", "active")))
    assert "11 customers" in answer.content.decode()
    assert browse(people.stranger).post("/segments/preview/", rules(("lifecycle", "is", "active"))).status_code == 403
