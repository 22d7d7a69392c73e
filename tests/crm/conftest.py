"""Members, customers and counts of everything, for the tests of the CRM."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.models import Activity, AuditEntry, Customer, Event, Service, ServiceRequest, Tag
from crm.services.customers import NewCustomer, create_customer, create_customers
from tests.crm.people import People, make_people

Counts = dict[str, int]


@pytest.fixture
def people(db: None) -> People:
    return make_people()


@pytest.fixture
def customer(people: People) -> Customer:
    """Of the owner, in the owner's and colleague's team."""
    new = NewCustomer("Wang Fang", "wang@example.com", owner_id=people.owner.member_id, team_ids=[people.team.pk])
    return create_customer(actor=people.manager, new=new)


@pytest.fixture
def customers(people: People) -> list[Customer]:
    items = [NewCustomer(f"Customer {index:02}", f"c{index}@example.com") for index in range(10)]
    return create_customers(actor=people.manager, items=items)


@pytest.fixture
def counts() -> Callable[[], Counts]:
    """How many rows there are: a refused call must leave them all as they were."""
    models = (Customer, Service, ServiceRequest, Activity, AuditEntry, Event, Tag)
    return lambda: {model.__name__: model._default_manager.count() for model in models}
