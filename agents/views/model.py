"""The Model page: how good the churn model is, what it looks at, and its versions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from agents.charts import PLOT, calibration_points, factor_bars
from agents.models import OPEN_TRAINING, ChurnModel
from agents.selectors.models import find_model, latest_training, list_versions
from agents.services.models import promote_model
from agents.services.training import ask_for_training
from crm.actors import Actor
from crm.errors import Conflict, NotFound
from crm.permissions import can, require
from crm.selectors.fields import custom_fields
from crm.views.pages import page

_MEASURES = (
    ("auc", gettext_lazy("AUC"), gettext_lazy("How often a customer who left got a higher score than one who stayed.")),
    (
        "lift_at_10",
        gettext_lazy("Lift at 10 %"),
        gettext_lazy("How many times more leavers are in the riskiest tenth."),
    ),
    (
        "brier",
        gettext_lazy("Brier score"),
        gettext_lazy("The mean squared error of the probabilities; lower is better."),
    ),
    (
        "ece",
        gettext_lazy("Calibration error"),
        gettext_lazy("How far the probabilities are off on average; 0 is best."),
    ),
    ("slope", gettext_lazy("Calibration slope"), gettext_lazy("1 is right; under 1 the scores are too extreme.")),
    ("accuracy", gettext_lazy("Accuracy"), gettext_lazy("Customers judged rightly where 0.5 parts them.")),
    ("recall", gettext_lazy("Recall"), gettext_lazy("Leavers found where 0.5 parts them.")),
)
_PERCENT = frozenset({"accuracy", "recall"})


@dataclass(frozen=True)
class Measure:
    name: Any
    value: str
    means: Any


@require_GET
@page
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, "read", "model")
    asked = request.GET.get("number", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else None
    model = find_model(actor=actor, number=number)
    if model is None and number is not None:
        raise NotFound(f"There is no churn model {number}.")
    context: dict[str, Any] = {
        "model": model,
        "versions": list_versions(actor=actor),
        "may_train": can(actor, "train", "model"),
        "may_promote": can(actor, "promote", "model"),
        **_training(actor),
    }
    return render(request, "agents/model.html", context | (_card(model) if model else {}))


def _card(model: ChurnModel) -> dict[str, Any]:
    card = model.card
    labels = {key: field.label for key, field in custom_fields().items()}
    return {
        "card": card,
        "measures": [
            Measure(name, _shown(key, card["quality"][key]), means)
            for key, name, means in _MEASURES
            if key in card["quality"]
        ],
        "points": calibration_points(card["calibration"]),
        "plot": PLOT,
        "bars": factor_bars(card["factors"], labels),
        "labels": labels,
    }


def _shown(key: str, value: float) -> str:
    return f"{100 * value:.1f} %" if key in _PERCENT else f"{value:.2f}" if key == "lift_at_10" else f"{value:.4f}"


def _training(actor: Actor) -> dict[str, Any]:
    training = latest_training(actor=actor)
    return {"training": training, "is_training": training is not None and training.state in OPEN_TRAINING}


@require_GET
@page
def training(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How far a training is; at its end the page is read anew."""
    context = _training(actor)
    response = render(request, "agents/model/training.html", context)
    if not context["is_training"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@page
def train(request: HttpRequest, actor: Actor) -> HttpResponse:
    try:
        ask_for_training(actor=actor)
    except Conflict as error:
        messages.info(request, error.detail)
    return redirect("model")


@require_POST
@page
def promote(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    model = promote_model(actor=actor, number=number)
    messages.success(request, _("%s is the champion: from now on it scores.") % model)
    return redirect("model")
