"""Field became a value: the change into it, not that it stays."""

from __future__ import annotations

from typing import Any

import pytest

from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Customer, CustomField
from crm.services.customers import update_customer
from crm.services.tags import tag_customers
from tests.workflows.triggers.conftest import Listen, at_once, drain, inputs
from workflows.engine.drain import drain_events
from workflows.models import Run

pytestmark = pytest.mark.django_db(transaction=True)


def change(actor: Actor, customer: Customer, **changes: Any) -> None:
    update_customer(actor=actor, customer_id=customer.pk, changes=changes)
    drain()


def test_a_change_into_the_value_starts_one_run(listen: Listen, manager: Actor, ann: Customer) -> None:
    listen("trigger_field_became", field="lifecycle", values=["at_risk"])
    change(manager, ann, lifecycle="at_risk")
    (given,) = inputs()
    assert (given["id"], given["was"], given["value"]) == (ann.pk, "active", "at_risk")


def test_that_it_stays_starts_nothing(listen: Listen, manager: Actor, ann: Customer) -> None:
    listen("trigger_field_became", field="lifecycle", values=["at_risk"])
    change(manager, ann, lifecycle="at_risk")
    change(manager, ann, notes="called", lifecycle="at_risk")
    change(manager, ann, lifecycle="active")
    assert Run.objects.count() == 1
    change(manager, ann, lifecycle="at_risk")
    assert Run.objects.count() == 2


def test_without_values_any_new_value_counts_but_an_empty_one(listen: Listen, manager: Actor, ann: Customer) -> None:
    listen("trigger_field_became", field="phone_number")
    change(manager, ann, phone_number="1")
    change(manager, ann, phone_number="2")
    change(manager, ann, phone_number="")
    assert [given["value"] for given in inputs()] == ["1", "2"]


@pytest.mark.parametrize(
    ("kind", "wanted", "into", "other"),
    [("number", "3", 3, 4), ("boolean", "yes", True, False), ("text", "gold", "gold", "Gold")],
)
def test_a_custom_field_is_compared_as_what_it_is(
    listen: Listen, manager: Actor, ann: Customer, kind: str, wanted: str, into: object, other: object
) -> None:
    CustomField.objects.create(record="customer", key="plan", label="Plan", type=kind)
    listen("trigger_field_became", field="custom.plan", values=[wanted])
    change(manager, ann, custom={"plan": other})
    assert inputs() == []
    change(manager, ann, custom={"plan": into})
    assert [given["value"] for given in inputs()] == [into]


def test_a_tag_counts_when_it_is_given(listen: Listen, manager: Actor, ann: Customer) -> None:
    listen("trigger_field_became", field="tag", values=["vip"])
    for tag in ("new", "vip", "vip"):
        tag_customers(actor=manager, customer_ids=[ann.pk], tag=tag)
    drain()
    assert [given["value"] for given in inputs()] == ["vip"]


def test_workers_that_drain_at_once_start_one_run(listen: Listen, manager: Actor, ann: Customer) -> None:
    listen("trigger_field_became", field="lifecycle", values=["at_risk"])
    update_customer(actor=manager, customer_id=ann.pk, changes={"lifecycle": "at_risk"})
    at_once(drain_events)
    drain()
    assert Run.objects.count() == 1


def test_an_unknown_field_can_t_be_published(listen: Listen) -> None:
    with pytest.raises(InvalidInput) as refused:
        listen("trigger_field_became", field="colour")
    assert refused.value.errors[0]["field"] == "field"
    assert not Run.objects.exists()


def test_a_trigger_takes_no_expressions(listen: Listen) -> None:
    with pytest.raises(InvalidInput) as refused:
        listen("trigger_field_became", values=["{{ input.value }}"])
    assert refused.value.errors[0]["field"] == "values.0"
    assert not Run.objects.exists()
