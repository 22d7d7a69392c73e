"""Custom fields, segments, saved views, members and teams."""

from __future__ import annotations

import pytest

from crm.errors import Conflict, InvalidInput, NotAllowed, NotFound
from crm.models import AuditEntry, Customer, CustomField, Member, SavedView, Segment
from crm.services import fields, members, segments, views
from crm.services.customers import update_customer
from crm.services.fields import NewField
from tests.crm.people import PASSWORD, People


def test_a_field_takes_values_of_its_type(people: People, customer: Customer) -> None:
    items = [
        NewField("seats", "Seats", "number"),
        NewField("vip", "VIP", "boolean"),
        NewField("since", "Since", "date"),
        NewField("plan", "Plan", "choice", choices=["Gold", "Silver"]),
    ]
    fields.create_fields(actor=people.manager, items=items)
    given = {"seats": "12", "vip": "yes", "since": "2024-02-29", "plan": "Gold"}
    changed = update_customer(actor=people.owner, customer_id=customer.pk, changes={"custom": given})
    assert changed.custom == {"seats": 12, "vip": True, "since": "2024-02-29", "plan": "Gold"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [("number", "many"), ("number", True), ("boolean", "perhaps"), ("date", "30.2.2024"), ("choice", "Bronze")],
)
def test_a_value_of_another_type_is_refused_at_its_field(
    people: People, customer: Customer, kind: str, value: object
) -> None:
    fields.create_field(actor=people.manager, new=NewField("x", "X", kind, choices=["Gold"]))
    with pytest.raises(InvalidInput) as caught:
        update_customer(actor=people.owner, customer_id=customer.pk, changes={"custom": {"x": value}})
    assert caught.value.errors[0]["field"] == "custom.x"


def test_a_field_that_nobody_defined_is_refused(people: People, customer: Customer) -> None:
    with pytest.raises(InvalidInput) as caught:
        update_customer(actor=people.owner, customer_id=customer.pk, changes={"custom": {"shoe": 43}})
    assert caught.value.errors[0]["code"] == "unknown_field"


def test_a_field_in_use_cannot_be_deleted(people: People, customer: Customer) -> None:
    field = fields.create_field(actor=people.manager, new=NewField("plan", "Plan"))
    update_customer(actor=people.owner, customer_id=customer.pk, changes={"custom": {"plan": "Gold"}})
    with pytest.raises(Conflict):
        fields.delete_field(actor=people.manager, field_id=field.pk)
    assert CustomField.objects.count() == 1


@pytest.mark.parametrize("key", ["two__scores", "1st", "end_", "blank here"])
def test_a_key_that_lookups_would_misread_is_refused(people: People, key: str) -> None:
    with pytest.raises(InvalidInput):
        fields.create_field(actor=people.manager, new=NewField(key, "Label"))


def test_the_type_of_a_field_stays(people: People) -> None:
    field = fields.create_field(actor=people.manager, new=NewField("plan", "Plan"))
    with pytest.raises(InvalidInput):
        fields.update_field(actor=people.manager, field_id=field.pk, changes={"type": "number"})


def test_a_segment_keeps_only_a_condition_that_can_be_asked(people: People) -> None:
    wrong = {"match": "all", "rules": [{"field": "password", "op": "is", "value": "x"}]}
    with pytest.raises(InvalidInput) as caught:
        segments.create_segment(actor=people.builder, name="Wrong", condition=wrong)
    assert caught.value.errors[0]["field"] == "condition.rules.0.field"
    assert not Segment.objects.exists()


def test_a_builder_may_and_an_operator_may_not_save_segments(people: People) -> None:
    segments.create_segment(actor=people.builder, name="All", condition={"match": "all", "rules": []})
    with pytest.raises(NotAllowed):
        segments.create_segment(actor=people.owner, name="Mine", condition={"match": "all", "rules": []})
    assert Segment.objects.count() == 1


def test_a_view_is_saved_over_and_is_its_members_own(people: People) -> None:
    views.save_view(actor=people.owner, page="customers", name="Mine", query="?owner=me")
    view = views.save_view(actor=people.owner, page="customers", name="Mine", query="owner=me&sort=-risk")
    assert SavedView.objects.get().query == "owner=me&sort=-risk"
    with pytest.raises(NotFound):
        views.delete_view(actor=people.colleague, view_id=view.pk)
    views.delete_view(actor=people.owner, view_id=view.pk)


def test_only_an_admin_adds_members(people: People) -> None:
    with pytest.raises(NotAllowed):
        members.create_member(actor=people.manager, username="new", password=PASSWORD, role="admin")
    made = members.create_member(actor=people.admin, username="new", password=PASSWORD, role="manager")
    assert (made.is_staff, made.is_superuser) == (True, False)
    assert "password" not in AuditEntry.objects.get(action="member.create").after


def test_a_weak_password_is_refused(people: People) -> None:
    with pytest.raises(InvalidInput):
        members.create_member(actor=people.admin, username="new", password="12345", role="viewer")
    assert not Member.objects.filter(username="new").exists()


def test_another_role_ends_the_members_tokens(people: People) -> None:
    assert people.viewer.member_id
    changed = members.update_member(actor=people.admin, member_id=people.viewer.member_id, changes={"role": "operator"})
    assert changed.session_version == 2


def test_the_last_admin_stays_one(people: People) -> None:
    assert people.admin.member_id
    with pytest.raises(InvalidInput):
        members.update_member(actor=people.admin, member_id=people.admin.member_id, changes={"is_active": False})
    assert Member.objects.get(pk=people.admin.member_id).is_active


def test_members_change_their_own_password_only(people: People) -> None:
    assert people.viewer.member_id
    assert people.owner.member_id
    members.set_password(actor=people.viewer, member_id=people.viewer.member_id, password="another long word")
    with pytest.raises(NotAllowed):
        members.set_password(actor=people.viewer, member_id=people.owner.member_id, password="another long word")
    assert Member.objects.get(pk=people.owner.member_id).check_password(PASSWORD)
