"""Notes, calls and tags."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.errors import InvalidInput, NotAllowed, NotFound
from crm.models import Activity, AuditEntry, Customer, Event, Tag
from crm.services.activities import NewActivity, add_activities, add_note, log_call
from crm.services.tags import create_tag, delete_tag, rename_tag, tag_customers, untag_customers
from tests.crm.conftest import Counts
from tests.crm.people import People


def test_a_long_note_is_kept_whole(people: People, customer: Customer) -> None:
    note = add_note(actor=people.owner, customer_id=customer.pk, text="First line\nand more")
    assert (note.summary, note.body) == ("First line", "First line\nand more")
    assert AuditEntry.objects.filter(action="activity.create").count() == 1


def test_a_call_keeps_its_outcome(people: People, customer: Customer) -> None:
    call = log_call(actor=people.colleague, customer_id=customer.pk, text="Talked", outcome="stays")
    assert (call.kind, call.data) == ("call", {"outcome": "stays"})


def test_an_empty_note_is_refused(people: People, customer: Customer) -> None:
    with pytest.raises(InvalidInput):
        add_note(actor=people.owner, customer_id=customer.pk, text="  ")


def test_a_stranger_cannot_write_on_the_timeline(
    people: People, customer: Customer, counts: Callable[[], Counts]
) -> None:
    before = counts()
    with pytest.raises(NotFound):
        add_activities(actor=people.stranger, items=[NewActivity(customer.pk, "Hello")])
    assert counts() == before


def test_tagging_twice_is_tagging_once(people: People, customers: list[Customer]) -> None:
    ids = [row.pk for row in customers]
    assert tag_customers(actor=people.manager, customer_ids=ids[:4], tag="vip") == 4
    assert tag_customers(actor=people.manager, customer_ids=ids, tag="vip") == 6
    assert AuditEntry.objects.filter(action="customer.tag").count() == 10
    assert Activity.objects.filter(kind="tag").count() == 10
    assert Event.objects.filter(topic="customer.updated").count() == 10


def test_tagging_again_leaves_no_trace(people: People, customer: Customer, counts: Callable[[], Counts]) -> None:
    tag_customers(actor=people.owner, customer_ids=[customer.pk], tag="vip")
    before = counts()
    assert tag_customers(actor=people.owner, customer_ids=[customer.pk], tag=" vip ") == 0
    assert counts() == before


def test_a_tag_is_taken_off(people: People, customer: Customer) -> None:
    tag_customers(actor=people.owner, customer_ids=[customer.pk], tag="vip")
    assert untag_customers(actor=people.owner, customer_ids=[customer.pk], tag="vip") == 1
    assert untag_customers(actor=people.owner, customer_ids=[customer.pk], tag="vip") == 0
    assert not customer.tags.exists()


def test_a_viewer_cannot_tag(people: People, customer: Customer) -> None:
    with pytest.raises(NotAllowed):
        tag_customers(actor=people.viewer, customer_ids=[customer.pk], tag="vip")
    assert not Tag.objects.exists()


def test_two_tags_of_one_name_are_refused(people: People) -> None:
    create_tag(actor=people.manager, name="vip")
    with pytest.raises(InvalidInput):
        create_tag(actor=people.manager, name="VIP")


def test_a_deleted_tag_leaves_who_had_it(people: People, customer: Customer) -> None:
    tag = create_tag(actor=people.manager, name="vip")
    rename_tag(actor=people.manager, tag_id=tag.pk, name="gold")
    tag_customers(actor=people.owner, customer_ids=[customer.pk], tag="gold")
    delete_tag(actor=people.manager, tag_id=tag.pk)
    assert AuditEntry.objects.get(action="tag.delete").before == {"name": "gold", "customers": [customer.pk]}
