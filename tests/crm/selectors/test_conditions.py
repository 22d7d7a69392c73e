"""What conditions are true of which customers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.errors import InvalidInput
from crm.models import Customer, Segment
from crm.selectors.conditions import condition_query
from crm.selectors.segments import segment_customers
from crm.services.customers import NewCustomer, create_customers
from crm.services.fields import NewField, create_fields
from crm.services.services import NewService, create_service
from crm.services.tags import tag_customers
from tests.crm.people import People


@pytest.fixture
def three(people: People) -> None:
    """Ann has everything, Ben some, Cem nothing but name and address."""
    items = [
        NewField("plan", "Plan", "choice", choices=["Gold", "Silver"]),
        NewField("seats", "Seats", "number"),
        NewField("vip", "VIP", "boolean"),
        NewField("since", "Since", "date"),
        NewField("town", "Town", "text"),
    ]
    create_fields(actor=people.manager, items=items)
    ann = {"plan": "Gold", "seats": 12, "vip": True, "since": "2020-05-01", "town": "Ulm"}
    recently = (timezone.now() - timedelta(days=3)).date().isoformat()
    ben = {"plan": "Silver", "seats": 2.5, "vip": False, "since": recently}
    made = create_customers(
        actor=people.manager,
        items=[
            NewCustomer("Ann", "ann@example.com", "0711 1", lifecycle="lead", custom=ann),
            NewCustomer("Ben", "ben@example.com", owner_id=people.owner.member_id, custom=ben),
            NewCustomer("Cem", "cem@example.org", team_ids=[people.team.pk]),
        ],
    )
    tag_customers(actor=people.manager, customer_ids=[made[0].pk], tag="vip")
    create_service(actor=people.manager, new=NewService(made[0].pk, "Phone", "active"))
    create_service(actor=people.manager, new=NewService(made[1].pk, "Phone", "cancelled"))
    Customer.objects.filter(name="Ann").update(churn_risk=0.8)
    Customer.objects.filter(name="Ben").update(churn_risk=0.2)


RULES: list[tuple[str, str, Any, str]] = [
    ("name", "is", "ann", "A"),
    ("name", "is_not", "Ann", "BC"),
    ("name", "in", ["Ann", "Cem"], "AC"),
    ("email", "contains", "EXAMPLE.COM", "AB"),
    ("email", "not_contains", "example.com", "C"),
    ("name", "starts_with", "b", "B"),
    ("phone_number", "is_empty", None, "BC"),
    ("phone_number", "is_not_empty", None, "A"),
    ("lifecycle", "is", "lead", "A"),
    ("lifecycle", "not_in", ["lead"], "BC"),
    ("churn_risk", "gte", 0.8, "A"),
    ("churn_risk", "lt", 0.8, "B"),
    ("churn_risk", "is_empty", None, "C"),
    ("churn_risk", "is_not", 0.8, "BC"),
    ("churn_risk", "between", [0.1, 0.5], "B"),
    ("created_at", "in_last_days", 1, "ABC"),
    ("created_at", "lt", "2020-01-01", ""),
    ("churn_scored_at", "is_empty", None, "ABC"),
    ("owner", "is", "olga", "B"),
    ("owner", "is_not", "olga", "AC"),
    ("owner", "is_empty", None, "AC"),
    ("team", "is", "North", "C"),
    ("tag", "is", "vip", "A"),
    ("tag", "is_not", "vip", "BC"),
    ("tag", "is_empty", None, "BC"),
    ("service", "is", "Phone", "A"),
    ("service", "not_in", ["Phone"], "BC"),
    ("custom.plan", "is", "Gold", "A"),
    ("custom.plan", "is_not", "Gold", "BC"),
    ("custom.plan", "in", ["Gold", "Silver"], "AB"),
    ("custom.plan", "is_empty", None, "C"),
    ("custom.seats", "gt", 2.5, "A"),
    ("custom.seats", "lte", "2.5", "B"),
    ("custom.seats", "is", 12.0, "A"),
    ("custom.seats", "between", [2, 20], "AB"),
    ("custom.vip", "is", True, "A"),
    ("custom.vip", "is", "no", "B"),
    ("custom.since", "lt", "2021-01-01", "A"),
    ("custom.since", "in_last_days", 7, "B"),
    ("custom.town", "contains", "ul", "A"),
    ("custom.town", "is_not", "Ulm", "BC"),
]


@pytest.mark.parametrize(("field", "op", "value", "initials"), RULES)
def test_a_rule_finds_its_customers(three: None, field: str, op: str, value: Any, initials: str) -> None:
    found = Customer.objects.filter(condition_query({"rules": [{"field": field, "op": op, "value": value}]}))
    assert "".join(sorted(customer.name[0] for customer in found)) == initials


def test_all_and_any_join_the_rules(three: None) -> None:
    rules = [{"field": "name", "op": "is", "value": "Ann"}, {"field": "churn_risk", "op": "lt", "value": 0.5}]
    assert not Customer.objects.filter(condition_query({"match": "all", "rules": rules})).exists()
    assert Customer.objects.filter(condition_query({"match": "any", "rules": rules})).count() == 2


def test_without_rules_it_is_everybody(three: None) -> None:
    assert Customer.objects.filter(condition_query({"match": "any", "rules": []})).count() == 3


@pytest.mark.parametrize(
    ("condition", "field"),
    [
        ([], "condition"),
        ({"match": "some", "rules": []}, "condition.match"),
        ({"rules": "all"}, "condition.rules"),
        ({"rules": ["x"]}, "condition.rules.0"),
        ({"rules": [{"field": "user__password", "op": "is", "value": "x"}]}, "condition.rules.0.field"),
        ({"rules": [{"field": "custom.no", "op": "is", "value": "x"}]}, "condition.rules.0.field"),
        ({"rules": [{"field": "name", "op": "regex", "value": "x"}]}, "condition.rules.0.op"),
        ({"rules": [{"field": "churn_risk", "op": "gt", "value": "high"}]}, "condition.rules.0.value"),
        ({"rules": [{"field": "custom.plan", "op": "is", "value": "Tin"}]}, "condition.rules.0.value"),
        ({"rules": [{"field": "churn_risk", "op": "between", "value": [1]}]}, "condition.rules.0.value"),
        ({"rules": [{"field": "created_at", "op": "in_last_days", "value": -1}]}, "condition.rules.0.value"),
        ({"rules": [{"field": "name", "op": "is", "value": ""}]}, "condition.rules.0.value"),
        ({"rules": [{"field": "name", "op": "is", "value": "\x00"}]}, "condition.rules.0.value"),
    ],
)
def test_what_cannot_be_asked_is_named(three: None, condition: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        condition_query(condition)
    assert caught.value.errors[0]["field"] == field


def test_a_segment_shows_each_only_whom_it_may_read(people: People, three: None) -> None:
    segment = Segment.objects.create(name="All", condition={"match": "all", "rules": []})
    assert segment_customers(actor=people.viewer, segment=segment).count() == 3
    assert {row.name for row in segment_customers(actor=people.stranger, segment=segment)} == {"Ann"}
