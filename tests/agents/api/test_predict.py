"""POST /api/v1/predict: exact reasons, rows by right, and nothing changed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from crm.models import Activity, AuditEntry, Customer, Event, Score
from tests.agents.fixtures import ApiAs, MakeCustomer, MakeModel

pytestmark = pytest.mark.django_db
URL = "/api/v1/predict"


def log_odds(prediction: dict[str, Any]) -> float:
    return math.log(prediction["probability"] / (1 - prediction["probability"]))


def rows() -> list[int]:
    return [model.objects.count() for model in (Score, Activity, AuditEntry, Event)]


def test_base_and_contributions_are_the_log_odds(
    make_model: MakeModel, make_customer: MakeCustomer, api_as: ApiAs
) -> None:
    make_model()
    for number in range(20):
        answer = api_as("operator").post(URL, {"customer": make_customer(number).pk}).json()
        total = answer["base"] + sum(reason["contribution"] for reason in answer["reasons"])
        assert total == pytest.approx(log_odds(answer), abs=1e-9)
        assert answer["prediction"] == (answer["probability"] >= 0.5)
        assert answer["model"] == "churn v1"


def test_a_prediction_changes_nothing(make_model: MakeModel, make_customer: MakeCustomer, api_as: ApiAs) -> None:
    make_model()
    customer = make_customer()
    before = rows()
    assert api_as("manager").post(URL, {"customer": customer.pk}).status_code == 200
    assert rows() == before
    assert Customer.objects.get(pk=customer.pk).churn_risk is None


def test_many_are_predicted_in_the_order_asked(
    make_model: MakeModel, make_customer: MakeCustomer, api_as: ApiAs
) -> None:
    make_model()
    ids = [make_customer(number).pk for number in (3, 1, 2)]
    client = api_as("manager")
    results = client.post(URL, {"customers": ids}).json()["results"]
    assert [one["customer"] for one in results] == ids
    assert results[0]["probability"] == pytest.approx(
        client.post(URL, {"customer": ids[0]}).json()["probability"], abs=1e-12
    )


def test_fields_that_were_never_stored_are_predicted(make_model: MakeModel, api_as: ApiAs) -> None:
    make_model()
    client = api_as("builder")
    lazy = client.post(URL, {"features": {"visitsPerMonth": 0, "plan": "student"}}).json()
    keen = client.post(URL, {"features": {"visitsPerMonth": 14, "hasCoach": True}}).json()
    assert lazy["probability"] > keen["probability"]


def test_a_customer_of_another_team_is_not_there(
    make_model: MakeModel, make_customer: MakeCustomer, api_as: ApiAs
) -> None:
    make_model()
    hidden = make_customer(team="North")
    assert api_as("operator").post(URL, {"customer": hidden.pk}).status_code == 404
    assert api_as("operator").post(URL, {"customers": [make_customer(1).pk, hidden.pk]}).status_code == 404
    assert api_as("manager").post(URL, {"customer": hidden.pk}).status_code == 200


def test_a_viewer_may_not_predict(make_model: MakeModel, make_customer: MakeCustomer, api_as: ApiAs) -> None:
    make_model()
    assert api_as("viewer").post(URL, {"customer": make_customer().pk}).status_code == 403


def test_a_stranger_is_asked_to_log_in(client: Any) -> None:
    assert client.post(URL, {}, content_type="application/json").status_code == 401


@pytest.mark.parametrize(
    "asked",
    [{}, {"customer": 1, "features": {}}, {"customer": "x"}, {"customers": [1] * 1001}, {"features": [1]},
     {"customer": 2**70}, {"customers": [2**70]}],
)  # fmt: skip
def test_what_can_not_be_predicted_is_refused(asked: dict[str, Any], make_model: MakeModel, api_as: ApiAs) -> None:
    make_model()
    answer = api_as("manager").post(URL, asked)
    assert answer.status_code in (404, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_without_a_model_it_says_so(make_customer: MakeCustomer, api_as: ApiAs) -> None:
    answer = api_as("manager").post(URL, {"customer": make_customer().pk})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_model")


def test_the_short_address_predicts_too(make_model: MakeModel, make_customer: MakeCustomer, api_as: ApiAs) -> None:
    make_model()
    asked = {"customer": make_customer(0).pk}
    short, long = (api_as("operator").post(address, asked).json() for address in ("/predict", "/api/v1/predict"))
    assert short == long
