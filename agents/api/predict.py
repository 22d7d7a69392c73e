"""Predictions: the churn risk of a customer, of several, or of fields that were never stored."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.churn.reasons import Prediction
from agents.features import Row, row_of
from agents.services.models import current_scorer
from crm.actors import Actor, actor_of
from crm.errors import InvalidInput, NotFound
from crm.models import Customer
from crm.permissions import scope

MOST = 1_000


class PredictIn(serializers.Serializer[Any]):
    customer = serializers.IntegerField(required=False)
    customers = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=MOST)
    features = serializers.DictField(required=False)


class ReasonOut(serializers.Serializer[Any]):
    field = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    contribution = serializers.FloatField(help_text="In log-odds.")


class PredictOut(serializers.Serializer[Any]):
    probability = serializers.FloatField()
    prediction = serializers.BooleanField()
    base = serializers.FloatField(help_text="base + all contributions = log-odds of the probability")
    reasons = ReasonOut(many=True)
    model = serializers.CharField()


class Predict(APIView):
    kind = "model"
    actions = {"POST": "predict"}

    @extend_schema(
        operation_id="predict",
        description="Give one of `customer`, `customers` or `features`. For `customers` the answer is {results: […]}.",
        request=PredictIn,
        responses=PredictOut,
    )
    def post(self, request: Request) -> Response:
        given = PredictIn(data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        if len(asked) != 1:
            raise InvalidInput("Give one of customer, customers or features.", code="predict_what")
        actor = actor_of(request.user)  # type: ignore[arg-type]
        scorer = current_scorer()
        if "features" in asked:
            return Response(rendered(scorer.score_one(asked["features"])))
        if "customer" in asked:
            return Response(rendered(scorer.score_one(_rows(actor, [asked["customer"]])[0])))
        rows = _rows(actor, asked["customers"])
        pairs = zip(asked["customers"], scorer.score_many(rows), strict=True)
        return Response({"results": [{"customer": customer, **rendered(one)} for customer, one in pairs]})


def _rows(actor: Actor, ids: list[int]) -> list[Row]:
    found = scope(actor, Customer.objects.all()).in_bulk(ids)
    missing = [str(one) for one in ids if one not in found]
    if missing:
        raise NotFound(f"There is no customer {', '.join(missing[:5])}.")
    return [row_of(found[one]) for one in ids]


def rendered(prediction: Prediction) -> dict[str, Any]:
    return {
        "probability": prediction.probability,
        "prediction": prediction.prediction,
        "base": prediction.base,
        "reasons": [reason._asdict() for reason in prediction.reasons],
        "model": prediction.model,
    }
