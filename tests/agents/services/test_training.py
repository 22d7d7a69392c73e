"""Training in the background: asked for once, carried out once, and its end is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents import background
from agents.models import ChurnModel, ModelState, Training, TrainingState
from agents.services import training
from agents.services.training import ask_for_training, run_pending_trainings, run_training
from crm.errors import Conflict, NotAllowed
from crm.models import AuditEntry, Customer, CustomField, Member
from tests.agents.churn.tables import gym
from tests.agents.fixtures import ActorAs, MemberAs

pytestmark = pytest.mark.django_db
asked: list[tuple[str, int]] = []


def dispatch(job: str, argument: int) -> None:
    asked.append((job, argument))


@pytest.fixture(autouse=True)
def _dispatcher(settings: Any) -> None:
    asked.clear()
    settings.BACKGROUND_DISPATCHER = f"{__name__}.dispatch"


@pytest.fixture
def customers(db: None) -> None:
    """Customers whose leaving is known, under the name that the product looks for."""
    CustomField.objects.create(key="churn", label="Churn", type="choice", choices=["Yes", "No"])
    rows = [({**row, "churn": "Yes" if row.pop("left") else "No"}) for row in gym(400)]
    Customer.objects.bulk_create(
        Customer(name=f"C{number}", email=f"c{number}@example.com", custom=row) for number, row in enumerate(rows)
    )


def test_asking_writes_a_row_and_tells_a_worker_after_the_commit(
    actor_as: ActorAs, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        wished = ask_for_training(actor=actor_as("manager"))
        assert asked == []
    assert asked == [("train", wished.pk)]


@pytest.mark.parametrize("role", ["builder", "operator", "viewer"])
def test_who_may_not_train_asks_for_nothing(role: str, actor_as: ActorAs) -> None:
    with pytest.raises(NotAllowed):
        ask_for_training(actor=actor_as(role))
    assert not Training.objects.exists()


def test_two_wishes_at_once_are_one(actor_as: ActorAs) -> None:
    ask_for_training(actor=actor_as("manager"))
    with pytest.raises(Conflict):
        ask_for_training(actor=actor_as("admin"))


def test_a_training_makes_the_first_model_champion(customers: None, actor_as: ActorAs) -> None:
    wished = ask_for_training(actor=actor_as("manager"))
    background.run("train", wished.pk)
    wished.refresh_from_db()
    model = ChurnModel.objects.get()
    assert (wished.state, wished.model_id) == (TrainingState.DONE, model.pk)
    assert (model.state, model.label, model.trained_by) == (ModelState.CHAMPION, "custom.churn", "manager")
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"model.train", "model.promote"}


def test_the_same_data_give_the_same_hash_and_the_champion_stays(customers: None, actor_as: ActorAs) -> None:
    for _ in range(2):
        run_training(ask_for_training(actor=actor_as("manager")).pk)
    first, second = ChurnModel.objects.order_by("number")
    assert (first.sha256, first.data_hash) == (second.sha256, second.data_hash)
    assert (first.state, second.state) == (ModelState.CHAMPION, ModelState.CHALLENGER)


def test_too_few_customers_are_told_in_a_sentence(actor_as: ActorAs) -> None:
    wished = ask_for_training(actor=actor_as("manager"))
    run_training(wished.pk)
    wished.refresh_from_db()
    assert wished.state == TrainingState.FAILED
    assert "customers" in wished.error
    assert not ChurnModel.objects.exists()


def test_a_training_is_carried_out_once(actor_as: ActorAs) -> None:
    wished = ask_for_training(actor=actor_as("manager"))
    Training.objects.filter(pk=wished.pk).update(state=TrainingState.RUNNING, started_at=timezone.now())
    run_training(wished.pk)
    wished.refresh_from_db()
    assert (wished.state, wished.ended_at) == (TrainingState.RUNNING, None)


def test_a_member_who_left_trains_nothing(actor_as: ActorAs, member_as: MemberAs) -> None:
    wished = ask_for_training(actor=actor_as("manager"))
    Member.objects.update(is_active=False)
    run_training(wished.pk)
    wished.refresh_from_db()
    assert (wished.state, wished.error) == (
        TrainingState.FAILED,
        "The member who asked for this can't log in any more.",
    )


def test_a_training_that_nobody_heard_of_is_taken_up(actor_as: ActorAs) -> None:
    wished = ask_for_training(actor=actor_as("manager"))
    assert run_pending_trainings() == 0
    Training.objects.update(asked_at=timezone.now() - training.UNHEARD)
    background.resume(lambda kind: kind == "update_customer")
    assert Training.objects.get(pk=wished.pk).state == TrainingState.QUEUED
    background.resume(lambda kind: kind == "score_churn")
    assert Training.objects.get(pk=wished.pk).state == TrainingState.FAILED


def test_a_training_whose_worker_is_gone_makes_room(actor_as: ActorAs) -> None:
    long_ago = timezone.now() - training.LOST - timedelta(seconds=1)
    Training.objects.create(state=TrainingState.RUNNING, started_at=long_ago)
    run_pending_trainings()
    assert "worker was lost" in Training.objects.get().error
    ask_for_training(actor=actor_as("manager"))
