"""The Model page: reading, training, promoting."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from agents.models import ChurnModel, ModelState, Training, TrainingState
from agents.services.models import current_scorer
from crm.models import AuditEntry
from tests.agents.fixtures import As, MakeModel

pytestmark = pytest.mark.django_db
PAGE = "/model/"


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def states() -> dict[int, str]:
    return dict(ChurnModel.objects.values_list("number", "state"))


def test_without_a_model_the_page_says_what_one_needs(logged_in: As) -> None:
    assert "at least 100 customers" in text_of(logged_in("viewer").get(PAGE))


def test_the_champion_is_drawn_with_a_table_beside_each_chart(make_model: MakeModel, logged_in: As) -> None:
    make_model()
    shown = text_of(logged_in("viewer").get(PAGE))
    assert shown.count("<title id=") == shown.count("<desc id=") == shown.count("Show as table") == 2
    assert "visitsPerMonth" in shown
    assert "AUC" in shown


@pytest.mark.parametrize("role", ["builder", "operator", "viewer"])
def test_who_may_not_train_is_refused_and_nothing_is_asked_for(role: str, make_model: MakeModel, logged_in: As) -> None:
    make_model()
    client = logged_in(role)
    assert "/model/train/" not in text_of(client.get(PAGE))
    assert client.post(f"{PAGE}train/").status_code == 403
    assert not Training.objects.exists()


def test_a_manager_asks_for_training_and_the_page_waits_for_it(logged_in: As) -> None:
    client = logged_in("manager")
    assert client.post(f"{PAGE}train/").status_code == 302
    assert Training.objects.get().state == TrainingState.QUEUED
    shown = text_of(client.get(PAGE))
    assert 'hx-get="/model/training/"' in shown
    assert "/model/train/" not in shown


def test_a_second_training_has_to_wait(logged_in: As) -> None:
    client = logged_in("manager")
    client.post(f"{PAGE}train/")
    assert "trained already" in text_of(client.post(f"{PAGE}train/", follow=True))
    assert Training.objects.count() == 1


def test_the_page_is_read_anew_when_the_training_has_ended(logged_in: As, make_model: MakeModel) -> None:
    client = logged_in("manager")
    training = Training.objects.create()
    assert "HX-Refresh" not in client.get(f"{PAGE}training/")
    Training.objects.filter(pk=training.pk).update(state=TrainingState.DONE, model=make_model())
    assert client.get(f"{PAGE}training/")["HX-Refresh"] == "true"


def test_a_failed_training_is_told_with_its_reason(logged_in: As) -> None:
    Training.objects.create(state=TrainingState.FAILED, error="Only 12 customers are labelled.")
    assert "Only 12 customers are labelled." in text_of(logged_in("viewer").get(PAGE))


def test_a_manager_rolls_back_and_the_old_model_scores_again(make_model: MakeModel, logged_in: As) -> None:
    make_model(1, ModelState.RETIRED)
    make_model(2)
    assert current_scorer().name == "churn v2"
    assert logged_in("manager").post(f"{PAGE}1/promote/").status_code == 302
    assert states() == {1: "champion", 2: "retired"}
    assert current_scorer().name == "churn v1"
    entry = AuditEntry.objects.get(action="model.promote")
    assert (entry.before, entry.after) == ({"champion": "churn v2"}, {"champion": "churn v1"})


@pytest.mark.parametrize("role", ["builder", "operator", "viewer"])
def test_who_may_not_promote_changes_nothing(role: str, make_model: MakeModel, logged_in: As) -> None:
    make_model(1, ModelState.RETIRED)
    make_model(2)
    assert logged_in(role).post(f"{PAGE}1/promote/").status_code == 403
    assert states() == {1: "retired", 2: "champion"}


def test_a_model_that_is_not_there_is_a_404(make_model: MakeModel, logged_in: As) -> None:
    make_model()
    client = logged_in("manager")
    assert client.get(f"{PAGE}?number=9").status_code == 404
    assert client.post(f"{PAGE}9/promote/").status_code == 404


@pytest.mark.parametrize("column", ["artefact", "card", "sha256", "trained_by"])
def test_the_database_refuses_to_change_a_model(column: str, make_model: MakeModel) -> None:
    model = make_model()
    with pytest.raises(IntegrityError, match="stays as it was trained"), transaction.atomic():
        ChurnModel.objects.filter(pk=model.pk).update(**{column: "forged"})


def test_the_database_refuses_to_delete_a_model(make_model: MakeModel) -> None:
    model = make_model()
    with pytest.raises(IntegrityError, match="DELETE is refused"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM agents_churnmodel WHERE id = %s", [model.pk])
