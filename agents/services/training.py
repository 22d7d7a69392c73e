"""Trains a churn model because a person asked: a row holds the wish and its end, a worker carries it out."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from agents.models import OPEN_TRAINING, Training, TrainingState
from agents.services.models import train_churn_model
from crm.actors import Actor, actor_of
from crm.errors import Conflict, NotAllowed, RapportError
from crm.permissions import require

logger = logging.getLogger(__name__)

UNHEARD = timedelta(seconds=10)  # the message was lost
LOST = timedelta(minutes=10)  # training takes seconds; its worker is gone


def ask_for_training(*, actor: Actor) -> Training:
    require(actor, "train", "model")
    try:
        with transaction.atomic():
            training = Training.objects.create(asked_by_id=actor.member_id)
    except IntegrityError as error:
        raise Conflict("A model is being trained already. Wait for it to end.", code="training_goes_on") from error
    transaction.on_commit(lambda: import_string(settings.BACKGROUND_DISPATCHER)("train", training.pk), robust=True)
    return training


def run_pending_trainings() -> int:
    """Takes up trainings that nobody heard of, and gives up those whose worker is gone."""
    now = timezone.now()
    running = Training.objects.filter(state=TrainingState.RUNNING, started_at__lt=now - LOST)
    running.update(state=TrainingState.FAILED, error="Its worker was lost. Train again.", ended_at=now)
    queued = Training.objects.filter(state=TrainingState.QUEUED, asked_at__lt=now - UNHEARD)
    found = list(queued.values_list("pk", flat=True))
    for training_id in found:
        run_training(training_id)
    return len(found)


def run_training(training_id: int) -> None:
    """Does nothing where another worker took it."""
    queued = Training.objects.filter(pk=training_id, state=TrainingState.QUEUED)
    if not queued.update(state=TrainingState.RUNNING, started_at=timezone.now()):
        return
    training = Training.objects.select_related("asked_by").get(pk=training_id)
    try:
        if training.asked_by is None or not training.asked_by.is_active:
            raise NotAllowed("The member who asked for this can't log in any more.")
        model = train_churn_model(actor=actor_of(training.asked_by))
    except (OperationalError, InterfaceError):
        raise
    except RapportError as error:
        _end(training_id, TrainingState.FAILED, error=error.detail)
    except Exception:
        logger.exception("Training %s failed", training_id)
        _end(training_id, TrainingState.FAILED, error="Something went wrong. The log says more.")
    else:
        _end(training_id, TrainingState.DONE, model_id=model.pk)


def _end(training_id: int, state: TrainingState, *, model_id: int | None = None, error: str = "") -> None:
    Training.objects.filter(pk=training_id, state__in=OPEN_TRAINING).update(
        state=state, model_id=model_id, error=error[:500], ended_at=timezone.now()
    )
