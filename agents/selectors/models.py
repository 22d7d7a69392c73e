"""The churn model and its history, as the Model page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agents.models import ChurnModel, ModelState, Training
from crm.actors import Actor
from crm.permissions import require

VERSIONS = 50


@dataclass(frozen=True)
class VersionLine:
    """A model without its artefact, which is large."""

    number: int
    state: str
    trained_at: Any
    trained_by: str
    approved_by: str
    sha256: str
    rows: int
    quality: dict[str, float]

    @property
    def label(self) -> str:
        return ModelState(self.state).label


def find_model(*, actor: Actor, number: int | None = None) -> ChurnModel | None:
    """The model of that number, or the champion."""
    require(actor, "read", "model")
    wanted = {"state": ModelState.CHAMPION} if number is None else {"number": number}
    return ChurnModel.objects.defer("artefact").filter(**wanted).first()


def list_versions(*, actor: Actor) -> Sequence[VersionLine]:
    require(actor, "read", "model")
    rows = ChurnModel.objects.order_by("-number").values_list(
        "number", "state", "trained_at", "trained_by", "approved_by", "sha256", "card__rows", "card__quality"
    )
    return [VersionLine(*row) for row in rows[:VERSIONS]]


def latest_training(*, actor: Actor) -> Training | None:
    require(actor, "read", "model")
    return Training.objects.select_related("model", "asked_by").defer("model__artefact", "model__card").first()
