"""Records churn scores with their reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from crm import audit, bulk, events, permissions, timeline
from crm.actors import Actor
from crm.audit import Change
from crm.events import Topic
from crm.models import Customer, Score
from crm.models.activities import ActivityKind
from crm.origin import Origin
from crm.timeline import NewActivity
from crm.validation import Problems


@dataclass(frozen=True)
class NewScore:
    customer_id: int
    probability: float
    base: float
    reasons: Sequence[Mapping[str, Any]]  # {"field", "value", "contribution"}, largest first
    model: str
    features_hash: str = ""


def record_scores(*, actor: Actor, scores: Sequence[NewScore], origin: Origin | None = None) -> list[Score]:
    """At most one score a customer in one call. Each is an event, also one that is the same as before."""
    _check(scores)
    with transaction.atomic():
        locked = Customer.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
        rows = permissions.rows(actor, "score", locked, {score.customer_id for score in scores})
        now = timezone.now()
        written = bulk.insert(
            [
                Score(
                    customer_id=score.customer_id,
                    at=now,
                    probability=score.probability,
                    base=score.base,
                    reasons=list(score.reasons),
                    model=score.model,
                    features_hash=score.features_hash,
                    run_id=origin.run_id if origin else None,
                )
                for score in scores
            ]
        )
        newest = Score.objects.filter(customer=OuterRef("pk")).order_by("-at", "-id").values("probability")[:1]
        Customer.objects.filter(pk__in=rows).update(churn_risk=Subquery(newest), churn_scored_at=now)
        _leave_trail(actor, rows, scores, origin)
    return written


def _check(scores: Sequence[NewScore]) -> None:
    problems = Problems()
    for index, score in enumerate(scores):
        if not 0 <= score.probability <= 1:
            problems.add(f"{index}.probability", "A probability lies between 0 and 1.")
    if len({score.customer_id for score in scores}) < len(scores):
        problems.add("customer_id", "A customer is listed twice.")
    problems.raise_if_any()


def _leave_trail(actor: Actor, rows: Mapping[int, Customer], scores: Sequence[NewScore], origin: Origin | None) -> None:
    scored = [(rows[score.customer_id], score) for score in scores]
    changes = [Change(row, {"churn_risk": row.churn_risk}, _after(score)) for row, score in scored]
    audit.record(actor=actor, action="customer.score", changes=changes)
    events.publish_many(Topic.CUSTOMER_SCORED, (_event_of(row, score) for row, score in scored))
    source = origin or Origin()
    by_model: dict[str, list[NewActivity]] = {}
    for row, score in scored:
        by_model.setdefault(score.model, []).append(_told(row, score))
    for model, entries in by_model.items():
        where = Origin(source.run_id, source.node, source.workflow_version, model)
        timeline.write(actor=actor, entries=entries, origin=where)


def _after(score: NewScore) -> dict[str, Any]:
    return {"churn_risk": score.probability, "model": score.model}


def _event_of(customer: Customer, score: NewScore) -> dict[str, Any]:
    return {
        "id": customer.pk,
        "name": customer.name,
        "email": customer.email,
        "changed": ["churn_risk"],
        "before": {"churn_risk": customer.churn_risk},
        "after": _after(score),
    }


def _told(customer: Customer, score: NewScore) -> NewActivity:
    was = "" if customer.churn_risk is None else f", was {customer.churn_risk:.0%}"
    data = {"probability": score.probability, "base": score.base, "reasons": list(score.reasons[:5])}
    return NewActivity(customer.pk, f"Churn risk {score.probability:.0%}{was}", ActivityKind.SCORE, data=data)
