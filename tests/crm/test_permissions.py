"""Rows and objects by role, team and owner."""

from __future__ import annotations

import pytest

from crm import permissions
from crm.models import Customer
from crm.services.customers import NewCustomer, create_customer
from tests.crm.people import People


def names(people: People, who: str, action: str = "read") -> set[str]:
    actor = getattr(people, who)
    return set(permissions.scope(actor, Customer.objects.all(), action).values_list("name", flat=True))


@pytest.fixture
def unowned(people: People) -> Customer:
    return create_customer(actor=people.manager, new=NewCustomer("Nobody's", "nobody@example.com"))


@pytest.fixture
def of_team(people: People) -> Customer:
    new = NewCustomer("The team's", "team@example.com", team_ids=[people.team.pk])
    return create_customer(actor=people.manager, new=new)


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("owner", {"Wang Fang", "Nobody's", "The team's"}),
        ("colleague", {"Wang Fang", "Nobody's", "The team's"}),
        ("stranger", {"Nobody's"}),
        ("viewer", {"Wang Fang", "Nobody's", "The team's"}),
        ("builder", {"Wang Fang", "Nobody's", "The team's"}),
        ("manager", {"Wang Fang", "Nobody's", "The team's"}),
        ("admin", {"Wang Fang", "Nobody's", "The team's"}),
    ],
)
def test_each_sees_its_own_rows(
    people: People, customer: Customer, unowned: Customer, of_team: Customer, who: str, seen: set[str]
) -> None:
    assert names(people, who) == seen


@pytest.mark.parametrize("who", ["viewer", "builder"])
def test_readers_may_change_no_row(people: People, customer: Customer, unowned: Customer, who: str) -> None:
    assert names(people, who, "update") == set()


def test_can_and_scope_agree(people: People, customer: Customer, unowned: Customer, of_team: Customer) -> None:
    for actor in people.all():
        for action in ("read", "update", "delete", "tag", "score", "unheard_of"):
            rows = set(permissions.scope(actor, Customer.objects.all(), action))
            assert rows == {row for row in Customer.objects.all() if permissions.can(actor, action, row)}


def test_what_nobody_granted_is_denied(people: People) -> None:
    for actor in (people.manager, people.builder, people.viewer, people.owner):
        assert not permissions.can(actor, "create", "member")
        assert not permissions.can(actor, "fly", "customer")
