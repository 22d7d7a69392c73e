"""Segment entered and left: once for each time, never for those who are in at publication."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from crm import events
from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Customer, Segment, Team
from crm.services.customers import delete_customer, set_teams, update_customer
from crm.services.segments import create_segment, delete_segment, update_segment
from tests.workflows.triggers.conftest import Listen, at_once, drain, inputs, killed, look, publish_again
from workflows.engine.drain import drain_events
from workflows.models import Run, SegmentMember, Workflow
from workflows.services.workflows import set_enabled

pytestmark = pytest.mark.django_db(transaction=True)


def having(field: str, value: Any, op: str = "is") -> dict[str, Any]:
    return {"match": "all", "rules": [{"field": field, "op": op, "value": value}]}


@pytest.fixture
def at_risk(manager: Actor) -> Segment:
    return create_segment(actor=manager, name="At risk", condition=having("lifecycle", "at_risk"))


@pytest.fixture
def watched(listen: Listen, at_risk: Segment, ann: Customer) -> Workflow:
    return listen("trigger_segment", segment=at_risk.pk, change="both")


def become(actor: Actor, customer: Customer, *lifecycles: str) -> None:
    for lifecycle in lifecycles:
        update_customer(actor=actor, customer_id=customer.pk, changes={"lifecycle": lifecycle})
        drain()


def told() -> list[str]:
    return [given["change"] for given in inputs()]


def test_each_entry_and_each_leaving_starts_one_run(watched: Workflow, manager: Actor, ann: Customer) -> None:
    become(manager, ann, "at_risk", "active", "at_risk")
    look()
    assert told() == ["entered", "left", "entered"]
    first = inputs()[0]
    assert (first["id"], first["email"], first["segment"]["name"]) == (ann.pk, "ann@example.com", "At risk")


def test_only_what_is_asked_for(listen: Listen, at_risk: Segment, manager: Actor, ann: Customer) -> None:
    listen("trigger_segment", segment="At risk", change="left")
    become(manager, ann, "at_risk", "churned")
    assert told() == ["left"]


def test_a_change_inside_starts_nothing(watched: Workflow, manager: Actor, ann: Customer) -> None:
    become(manager, ann, "at_risk")
    update_customer(actor=manager, customer_id=ann.pk, changes={"notes": "called"})
    drain()
    look()
    assert told() == ["entered"]


def test_who_is_in_when_it_is_published_starts_nothing(
    listen: Listen, at_risk: Segment, manager: Actor, ann: Customer
) -> None:
    become(manager, ann, "at_risk")
    listen("trigger_segment", segment=at_risk.pk, change="both")
    drain()
    look()
    assert told() == []
    become(manager, ann, "active")
    assert told() == ["left"]


def test_a_publication_of_other_changes_forgets_nobody(watched: Workflow, manager: Actor, ann: Customer) -> None:
    become(manager, ann, "at_risk")
    publish_again(manager, watched, "trigger_segment", segment=Segment.objects.get().pk, change="both")
    become(manager, ann, "active")
    assert told() == ["entered", "left"]


def test_a_changed_condition_starts_nothing_for_those_it_moves(
    watched: Workflow, at_risk: Segment, manager: Actor, ann: Customer
) -> None:
    update_segment(actor=manager, segment_id=at_risk.pk, changes={"condition": having("lifecycle", "active")})
    look()
    assert told() == []
    become(manager, ann, "churned")
    assert told() == ["left"]


def test_a_deleted_segment_starts_nothing(watched: Workflow, at_risk: Segment, manager: Actor, ann: Customer) -> None:
    become(manager, ann, "at_risk")
    delete_segment(actor=manager, segment_id=at_risk.pk)
    become(manager, ann, "active")
    look()
    assert told() == ["entered"]
    assert not SegmentMember.objects.exists()


def test_a_trigger_that_is_taken_out_forgets_who_was_in(watched: Workflow, manager: Actor, ann: Customer) -> None:
    become(manager, ann, "at_risk")
    publish_again(manager, watched, "trigger_person")
    become(manager, ann, "active")
    look()
    assert told() == ["entered"]
    assert not SegmentMember.objects.exists()


def test_a_deleted_customer_leaves_nothing(watched: Workflow, manager: Actor, ann: Customer) -> None:
    become(manager, ann, "at_risk")
    delete_customer(actor=manager, customer_id=ann.pk)
    look()
    assert told() == ["entered"]


def test_what_is_no_event_is_found_by_comparing(listen: Listen, manager: Actor, ann: Customer) -> None:
    team = Team.objects.create(name="North")
    segment = create_segment(actor=manager, name="North", condition=having("team", "North"))
    listen("trigger_segment", segment=segment.pk)
    set_teams(actor=manager, customer_id=ann.pk, team_ids=[team.pk])
    assert look() == 1
    assert look() == 0
    assert told() == ["entered"]


def test_a_muted_change_starts_nothing_and_is_known(watched: Workflow, manager: Actor, ann: Customer) -> None:
    with events.muted():
        update_customer(actor=manager, customer_id=ann.pk, changes={"lifecycle": "at_risk"})
    look()  # before its note is read
    drain()
    look()
    assert told() == []
    become(manager, ann, "active")
    assert told() == ["left"]


def test_switched_off_it_starts_nothing_for_what_happened_then(
    watched: Workflow, manager: Actor, ann: Customer
) -> None:
    set_enabled(actor=manager, workflow=watched, enabled=False)
    become(manager, ann, "at_risk")
    set_enabled(actor=manager, workflow=watched, enabled=True)
    drain()
    look()
    assert told() == []


def test_workers_that_look_at_once_start_one_run(watched: Workflow, manager: Actor, ann: Customer) -> None:
    update_customer(actor=manager, customer_id=ann.pk, changes={"lifecycle": "at_risk"})

    def both() -> None:
        drain_events()
        look()

    at_once(both)
    drain()
    assert told() == ["entered"]


def test_a_worker_killed_in_the_middle_neither_loses_nor_doubles_it(
    watched: Workflow, manager: Actor, ann: Customer
) -> None:
    update_customer(actor=manager, customer_id=ann.pk, changes={"lifecycle": "at_risk"})
    with killed():
        assert drain_events()
        assert told() == ["entered"]
    assert (told(), SegmentMember.objects.count()) == ([], 0)
    drain()
    look()
    assert told() == ["entered"]


def test_more_than_fit_in_one_transaction_are_all_told(
    watched: Workflow, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.engine.segments.MOST", 3)
    Customer.objects.bulk_create(
        Customer(name=f"C{n}", email=f"c{n}@example.com", lifecycle="at_risk") for n in range(8)
    )
    assert [look(), look(), look(), look()] == [3, 3, 2, 0]
    assert len({given["id"] for given in inputs()}) == 8


def test_a_segment_that_is_not_there_can_t_be_published(listen: Listen) -> None:
    with pytest.raises(InvalidInput) as refused:
        listen("trigger_segment", segment=4711)
    assert refused.value.errors[0]["field"] == "segment"
    assert not Run.objects.exists()


def test_publications_and_workers_that_look_do_not_stand_in_each_other_s_way(
    watched: Workflow, manager: Actor, ann: Customer
) -> None:
    segment = Segment.objects.get().pk

    def change_and_publish(lifecycle: str) -> None:
        for name in (lifecycle, lifecycle):
            update_customer(actor=manager, customer_id=ann.pk, changes={"lifecycle": name, "notes": str(uuid4())})
            publish_again(manager, watched, "trigger_segment", segment=segment, change="both")

    def look_on() -> None:
        for _ in range(6):
            drain_events()
            look()

    def closing(act: Callable[[], None]) -> None:
        try:
            act()
        finally:
            connection.close()

    for lifecycle in ("at_risk", "active"):
        with ThreadPoolExecutor(3) as pool:
            acts = [lambda lifecycle=lifecycle: change_and_publish(lifecycle), look_on, look_on]  # type: ignore[misc]
            list(pool.map(closing, acts))
        drain()
        look()
    assert told() == ["entered", "left"]
