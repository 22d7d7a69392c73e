"""Score now, on a customer's page."""

from __future__ import annotations

import pytest

from crm.models import Activity, Customer, Score
from tests.agents.fixtures import As, MakeCustomer, MakeModel

pytestmark = pytest.mark.django_db


def test_a_manager_scores_a_customer_and_the_timeline_tells_it(
    make_model: MakeModel, make_customer: MakeCustomer, logged_in: As
) -> None:
    make_model()
    customer, other = make_customer(), make_customer(1)
    answer = logged_in("manager").post(f"/customers/{customer.pk}/score/")
    assert answer["Location"] == f"/customers/{customer.pk}/"
    customer.refresh_from_db()
    score = Score.objects.get()
    assert (score.customer_id, score.model, score.probability) == (customer.pk, "churn v1", customer.churn_risk)
    assert Activity.objects.filter(customer=customer, kind="score").count() == 1
    assert Customer.objects.get(pk=other.pk).churn_risk is None


def test_a_viewer_may_not_score(make_model: MakeModel, make_customer: MakeCustomer, logged_in: As) -> None:
    make_model()
    customer = make_customer()
    assert logged_in("viewer").post(f"/customers/{customer.pk}/score/").status_code == 403
    assert not Score.objects.exists()


def test_an_operator_can_not_score_a_customer_of_another_team(
    make_model: MakeModel, make_customer: MakeCustomer, logged_in: As
) -> None:
    make_model()
    customer = make_customer(team="North")
    assert logged_in("operator").post(f"/customers/{customer.pk}/score/").status_code == 404
    assert not Score.objects.exists()


def test_without_a_model_it_says_what_to_do(make_customer: MakeCustomer, logged_in: As) -> None:
    customer = make_customer()
    answer = logged_in("manager").post(f"/customers/{customer.pk}/score/", follow=True)
    assert "There is no churn model yet" in answer.content.decode()
