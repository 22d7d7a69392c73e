"""Runs for chosen customers: one each or one for all, from the list and from a customer's page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from crm.actors import Actor, actor_of
from crm.errors import Conflict, InvalidInput, NotAllowed, NotFound
from crm.models import Customer, Member, Role
from tests.workflows.triggers.conftest import Listen, at_once, inputs
from workflows.models import Run, Workflow
from workflows.services.chosen import start_for_customers

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bob(transactional_db: None) -> Customer:
    return Customer.objects.create(name="Bob", email="bob@example.com")


def begin(actor: Actor, workflow: Workflow, *customers: Customer, once: str = "x") -> list[Run]:
    return start_for_customers(actor=actor, workflow=workflow, customer_ids=[one.pk for one in customers], once=once)


def test_one_run_for_each_customer(listen: Listen, manager: Actor, ann: Customer, bob: Customer) -> None:
    workflow = listen("trigger_person", customers="one_run_each")
    assert len(begin(manager, workflow, ann, bob)) == 2
    assert [given["customer"]["name"] for given in inputs()] == ["Ann", "Bob"]
    assert inputs()[0]["customer"]["after"]["lifecycle"] == "active"


def test_one_run_for_all_of_them(listen: Listen, manager: Actor, ann: Customer, bob: Customer) -> None:
    workflow = listen("trigger_person", customers="one_run_for_all")
    begin(manager, workflow, ann, bob)
    (given,) = inputs()
    assert (given["count"], [one["id"] for one in given["customers"]]) == (2, [ann.pk, bob.pk])


def test_a_click_and_its_double_start_the_same(listen: Listen, manager: Actor, ann: Customer, bob: Customer) -> None:
    workflow = listen("trigger_person", customers="one_run_each")
    at_once(lambda: begin(manager, workflow, ann, bob))
    assert Run.objects.count() == 2
    begin(manager, workflow, ann, once="another click")
    assert Run.objects.count() == 3


def test_of_customers_of_whom_one_is_gone_none_is_started(listen: Listen, manager: Actor, ann: Customer) -> None:
    workflow = listen("trigger_person", customers="one_run_each")
    with pytest.raises(NotFound):
        start_for_customers(actor=manager, workflow=workflow, customer_ids=[ann.pk, 4711], once="x")
    assert not Run.objects.exists()


@pytest.mark.parametrize("count", [0, 501])
def test_nobody_or_too_many_are_refused(listen: Listen, manager: Actor, count: int) -> None:
    workflow = listen("trigger_person", customers="one_run_each")
    with pytest.raises(InvalidInput):
        start_for_customers(actor=manager, workflow=workflow, customer_ids=list(range(1, count + 1)), once="x")


def test_what_is_not_offered_is_refused(listen: Listen, manager: Actor, ann: Customer) -> None:
    with pytest.raises(Conflict):
        begin(manager, listen("trigger_person"), ann)
    assert not Run.objects.exists()


def test_who_may_not_run_workflows_may_not_here(listen: Listen, ann: Customer) -> None:
    workflow = listen("trigger_person", customers="one_run_each")
    operator = actor_of(Member.objects.create_user("otto", "otto@example.com", "x", role=Role.OPERATOR))
    with pytest.raises(NotAllowed):
        begin(operator, workflow, ann)
    assert not Run.objects.exists()


@pytest.fixture
def meg(client: Client, manager: Actor) -> Client:
    client.force_login(Member.objects.get(username="meg"))
    return client


def once_of(answer: Any) -> str:
    found = re.search(r'name="once" value="([^"]+)"', answer.content.decode())
    assert found
    return found[1]


def test_from_the_list(listen: Listen, meg: Client, ann: Customer, bob: Customer) -> None:
    listen("trigger_person", customers="one_run_each")
    shown = meg.get("/customers/")
    assert "Run workflow" in shown.content.decode()
    ids = [ann.pk, bob.pk]
    posted = meg.post("/customers/run/", {"customer": ids, "workflow": "listen", "once": once_of(shown)})
    assert posted["Location"] == "/runs/?workflow=listen"
    assert Run.objects.count() == 2


def test_from_a_customer_s_page(listen: Listen, meg: Client, ann: Customer) -> None:
    listen("trigger_person", customers="one_run_for_all")
    shown = meg.get(f"/customers/{ann.pk}/")
    posted = meg.post("/customers/run/", {"customer": ann.pk, "workflow": "listen", "once": once_of(shown)})
    assert posted["Location"] == f"/runs/{Run.objects.get().pk}/"


def test_without_an_offer_neither_page_speaks_of_it(listen: Listen, meg: Client, ann: Customer) -> None:
    listen("trigger_person")
    for address in ("/customers/", f"/customers/{ann.pk}/"):
        assert "workflow-run-customers" not in meg.get(address).content.decode()
        assert "/customers/run/" not in meg.get(address).content.decode()


def test_a_fault_is_said_where_the_click_came_from(listen: Listen, meg: Client) -> None:
    listen("trigger_person", customers="one_run_each")
    posted = meg.post("/customers/run/", {"workflow": "listen", "once": "x", "back": "/customers/?q=a"})
    assert posted["Location"] == "/customers/?q=a"
    away = meg.post("/customers/run/", {"workflow": "listen", "once": "x", "back": "https://evil.example/"})
    assert away["Location"] == "/customers/"
