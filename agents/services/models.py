"""Trains, promotes and applies churn models."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from agents.churn.errors import ChurnDataError
from agents.churn.reasons import Prediction
from agents.churn.score import Scorer
from agents.features import CUSTOM, fingerprint, rows_of
from agents.models import ChurnModel, ModelState
from crm import audit
from crm.actors import Actor
from crm.errors import InvalidInput, NotFound
from crm.models import Customer
from crm.origin import Origin
from crm.permissions import require, scope
from crm.services.scores import NewScore, record_scores

DEFAULT_LABEL, DEFAULT_POSITIVE = "custom.churn", "Yes"
# Shown and stored per customer: what raises the risk most, and what lowers it.
UP, DOWN = 3, 2
BATCH = 1_000


@dataclass(frozen=True)
class Scored:
    customer_id: int
    name: str
    email: str
    prediction: Prediction


def train_churn_model(*, actor: Actor, label: str = DEFAULT_LABEL, positive: str = DEFAULT_POSITIVE) -> ChurnModel:
    """Learns from the installation's own customers; the first model, and any better one, becomes champion."""
    require(actor, "train", "model")
    from agents.churn.train import train  # scikit-learn takes a second to load, and only training needs it

    column = label.removeprefix(CUSTOM)
    rows = list(rows_of(Customer.objects.order_by("pk").values("id", "kind", "custom")))
    try:
        trained = train(rows, column, positive)
    except ChurnDataError as error:
        raise InvalidInput(str(error), code=error.code) from error
    with transaction.atomic():
        _one_at_a_time()
        model = ChurnModel.objects.create(
            number=(ChurnModel.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
            label=label,
            positive=positive,
            data_hash=trained.card["data_hash"],
            code_version=trained.card["code_version"],
            artefact=trained.artefact,
            sha256=trained.sha256,
            card=trained.card,
            trained_by=actor.name,
        )
        audit.record_one(actor=actor, action="model.train", target=model, after={"sha256": model.sha256})
        if _is_better(model, champion()):
            _make_champion(actor, model)
    return model


def champion() -> ChurnModel | None:
    return ChurnModel.objects.filter(state=ModelState.CHAMPION).first()


def _is_better(model: ChurnModel, current: ChurnModel | None) -> bool:
    if current is None:
        return True
    # On customers held out of training; a tie keeps the one that people know.
    return bool(model.card["quality"]["log_loss"] < current.card["quality"]["log_loss"])


@transaction.atomic
def promote_model(*, actor: Actor, number: int) -> ChurnModel:
    """Makes a model the champion: also how a person rolls back."""
    require(actor, "promote", "model")
    _one_at_a_time()
    model = ChurnModel.objects.filter(number=number).first()
    if model is None:
        raise NotFound(f"There is no churn model {number}.")
    if model.state != ModelState.CHAMPION:
        _make_champion(actor, model)
    return model


def _one_at_a_time() -> None:
    """Two that make champions at once would leave none or two."""
    list(ChurnModel.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def _make_champion(actor: Actor, model: ChurnModel) -> None:
    before = champion()
    ChurnModel.objects.filter(state=ModelState.CHAMPION).update(state=ModelState.RETIRED)
    model.state, model.approved_by, model.approved_at = ModelState.CHAMPION, actor.name, timezone.now()
    model.save(update_fields=["state", "approved_by", "approved_at"])
    audit.record_one(
        actor=actor,
        action="model.promote",
        target=model,
        before={"champion": str(before) if before else None},
        after={"champion": str(model)},
    )


_scorers: dict[tuple[int, str], Scorer] = {}


def current_scorer() -> Scorer:
    """The champion's scorer, compiled once a process."""
    found = ChurnModel.objects.filter(state=ModelState.CHAMPION).values_list("number", "sha256").first()
    if found is None:
        raise NotFound("There is no churn model yet. Train one on the Model page.", code="no_model")
    if found not in _scorers:
        model = ChurnModel.objects.get(number=found[0])
        _scorers.clear()
        _scorers[found] = Scorer.from_artefact(model.artefact, name=str(model))
    return _scorers[found]


def score_customers(
    *, actor: Actor, customer_ids: Collection[int] | None = None, origin: Origin | None = None
) -> list[Scored]:
    """Scores the customers (None: all that the actor may score) and keeps each score with its reasons."""
    require(actor, "score", "customer")
    scorer = current_scorer()
    chosen = scope(actor, Customer.objects.all(), "score").order_by("pk")
    if customer_ids is not None:
        chosen = chosen.filter(pk__in=list(customer_ids))
    customers = list(chosen.values("id", "name", "email", "kind", "custom"))
    rows = list(rows_of(customers))
    scored = [
        Scored(customer["id"], customer["name"], customer["email"], prediction)
        for customer, prediction in zip(customers, scorer.score_many(rows), strict=True)
    ]
    with transaction.atomic():
        for start in range(0, len(scored), BATCH):
            part = slice(start, start + BATCH)
            news = [_new_score(one, row, scorer) for one, row in zip(scored[part], rows[part], strict=True)]
            record_scores(actor=actor, scores=news, origin=origin)
    return scored


def _new_score(scored: Scored, row: dict[str, object], scorer: Scorer) -> NewScore:
    prediction = scored.prediction
    return NewScore(
        customer_id=scored.customer_id,
        probability=prediction.probability,
        base=prediction.base,
        reasons=shown_reasons(prediction),
        model=scorer.name or "",
        features_hash=fingerprint(row),
    )


def shown_reasons(prediction: Prediction, up: int = UP, down: int = DOWN) -> Sequence[dict[str, object]]:
    """The strongest reasons each way; contributions in log-odds."""
    rising = [reason for reason in prediction.reasons if reason.contribution > 0][:up]
    falling = [reason for reason in prediction.reasons if reason.contribution < 0][:down]
    return [
        {"field": reason.field, "value": reason.value, "contribution": round(reason.contribution, 4)}
        for reason in (*rising, *falling)
    ]
