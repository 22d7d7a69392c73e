"""Recording churn scores."""

from __future__ import annotations

import uuid

import pytest

from crm import events
from crm.errors import InvalidInput, NotAllowed
from crm.models import Activity, Customer, Event, Score
from crm.origin import Origin
from crm.services.scores import NewScore, record_scores
from tests.crm.people import People

REASONS = [{"field": "tenure", "value": 1, "contribution": 0.4}]


def scores(customers: list[Customer], probability: float) -> list[NewScore]:
    return [NewScore(row.pk, probability, -1.0, REASONS, "churn v1", "abc") for row in customers]


def test_a_score_is_kept_with_its_reasons_and_shown_on_the_customer(people: People, customer: Customer) -> None:
    origin = Origin(uuid.uuid4(), "score", "Nightly scoring v1")
    record_scores(actor=people.manager, scores=scores([customer], 0.83), origin=origin)
    stored, entry = Score.objects.get(), Activity.objects.get(kind="score")
    customer.refresh_from_db()
    assert (customer.churn_risk, stored.reasons, stored.run_id) == (0.83, REASONS, origin.run_id)
    assert (entry.summary, entry.model, entry.node) == ("Churn risk 83%", "churn v1", "score")


def test_the_event_says_what_the_risk_was(people: People, customer: Customer) -> None:
    record_scores(actor=people.manager, scores=scores([customer], 0.5))
    record_scores(actor=people.manager, scores=scores([customer], 0.9))
    payload = Event.objects.filter(topic="customer.scored").latest("pk").payload
    assert payload["before"] == {"churn_risk": 0.5}
    assert payload["after"]["churn_risk"] == 0.9
    assert payload["name"] == "Wang Fang"


def test_muted_scores_start_nothing(people: People, customers: list[Customer]) -> None:
    with events.muted():
        record_scores(actor=people.manager, scores=scores(customers, 0.9))
    assert not Event.objects.filter(topic="customer.scored").exists()
    assert Customer.objects.filter(churn_risk=0.9).count() == len(customers)


def test_a_probability_out_of_range_is_refused(people: People, customer: Customer) -> None:
    with pytest.raises(InvalidInput):
        record_scores(actor=people.manager, scores=scores([customer], 1.2))
    assert not Score.objects.exists()


def test_a_viewer_cannot_score(people: People, customer: Customer) -> None:
    with pytest.raises(NotAllowed):
        record_scores(actor=people.viewer, scores=scores([customer], 0.2))
    assert not Score.objects.exists()
