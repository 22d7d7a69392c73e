"""Score churn: all customers at once, with reasons, each score kept once and told on the timeline."""

from __future__ import annotations

from time import perf_counter

import pytest

from crm.actors import Actor
from crm.models import Activity, Customer, Event, Score
from tests.agents.fixtures import MakeCustomer, MakeModel
from tests.agents.running import RunStep
from tests.agents.workflows import carry_out

LIST = {"customers": {"$expr": "input.customers"}}


def test_customers_are_scored_with_their_reasons(
    run_step: RunStep, make_model: MakeModel, make_customer: MakeCustomer
) -> None:
    make_model()
    alice = make_customer(0)
    ended = run_step("score_churn", LIST, {"customers": [{"id": alice.pk, "name": "Alice"}]})
    (shown,) = ended.output["customers"]
    assert (ended.output["count"], ended.output["model"]) == (1, "churn v1")
    assert shown["why"].startswith(("associated with", "nothing"))
    signs = [reason["contribution"] > 0 for reason in shown["reasons"]]
    assert signs == sorted(signs, reverse=True)
    assert signs.count(True) <= 3
    assert signs.count(False) <= 2
    score = Score.objects.get()
    assert (score.run_id, score.model) == (ended.run.pk, "churn v1")
    alice.refresh_from_db()
    assert alice.churn_risk == pytest.approx(shown["probability"], abs=1e-4)
    entry = Activity.objects.get(customer=alice, kind="score")
    assert (entry.run_id, entry.model) == (ended.run.pk, "churn v1")


def test_a_score_is_an_event_that_tells_before_and_after(
    run_step: RunStep, make_model: MakeModel, make_customer: MakeCustomer
) -> None:
    make_model()
    alice = make_customer(0, churn_risk=0.1)
    run_step("score_churn", LIST, {"customers": [alice.pk]})
    payload = Event.objects.get(topic="customer.scored").payload
    alice.refresh_from_db()
    assert (payload["id"], payload["before"]) == (alice.pk, {"churn_risk": 0.1})
    assert payload["after"]["churn_risk"] == alice.churn_risk


def test_a_customer_who_is_listed_twice_is_scored_once(
    run_step: RunStep, make_model: MakeModel, make_customer: MakeCustomer
) -> None:
    make_model()
    alice = make_customer(0)
    assert run_step("score_churn", LIST, {"customers": [alice.pk, alice.pk]}).output["count"] == 1


def test_in_a_for_each_the_customers_of_a_chunk_are_scored_together(
    manager: Actor, make_model: MakeModel, make_customer: MakeCustomer
) -> None:
    make_model()
    customers = [make_customer(number).pk for number in range(3)]
    each = {"type": "map", "config": {"items": {"$expr": "input.ids"}}}
    score = {"type": "score_churn", "parent": "each", "config": {"customers": {"$expr": "[item]"}}}
    run = carry_out(manager, {"each": each, "score": score}, given={"ids": customers})
    results = dict(run.output or {})["results"]
    assert [result["customers"][0]["id"] for result in results] == customers
    assert [result["count"] for result in results] == [1, 1, 1]


def test_without_a_model_the_step_says_how_to_get_one(run_step: RunStep, make_customer: MakeCustomer) -> None:
    ended = run_step("score_churn", LIST, {"customers": [make_customer(0).pk]})
    assert ended.error["code"] == "no_model"
    assert "Model page" in ended.error["message"]
    assert not Score.objects.exists()


@pytest.mark.parametrize("odd", ["Alice", None, True, {"name": "Alice"}])
def test_what_is_no_customer_is_refused(odd: object, run_step: RunStep, make_model: MakeModel) -> None:
    make_model()
    assert run_step("score_churn", LIST, {"customers": [odd]}).error["code"] == "not_customers"


def test_a_thousand_customers_are_scored_at_once(
    run_step: RunStep, make_model: MakeModel, make_customer: MakeCustomer
) -> None:
    make_model()
    custom = make_customer(7).custom
    Customer.objects.bulk_create(
        Customer(name=f"C {n}", email=f"many{n}@example.com", custom=custom) for n in range(1_000)
    )
    ids = list(Customer.objects.values_list("pk", flat=True))
    started = perf_counter()
    assert run_step("score_churn", LIST, {"customers": ids}).output["count"] == 1_001
    assert perf_counter() - started < 5
    assert Score.objects.count() == 1_001
