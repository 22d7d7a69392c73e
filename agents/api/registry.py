"""Agents, connections and churn models, to read."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.models import ChurnModel, Connection
from agents.models.connections import ConnectionKind
from agents.selectors.operations import agent_figures

KIND = OpenApiParameter(
    "kind", str, description=f"Only connections of this kind, or of these: {', '.join(ConnectionKind.values)}."
)


class AgentOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    kinds = serializers.ListField(child=serializers.CharField())
    capacity = serializers.IntegerField()
    paused = serializers.BooleanField()
    alive = serializers.IntegerField()
    ready = serializers.IntegerField()
    oldest_wait_seconds = serializers.FloatField(allow_null=True)


class AgentListOut(serializers.Serializer[Any]):
    results = AgentOut(many=True)


class ModelOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    state = serializers.CharField()
    trained_at = serializers.DateTimeField()
    sha256 = serializers.CharField()
    card = serializers.JSONField()


class ModelListOut(serializers.Serializer[Any]):
    results = ModelOut(many=True)


class NameOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()


class NameListOut(serializers.Serializer[Any]):
    results = NameOut(many=True)


class AgentList(APIView):
    kind = "agent"
    actions = {"GET": "read"}

    @extend_schema(operation_id="agents_list", responses=AgentListOut)
    def get(self, request: Request) -> Response:
        shown = [
            {
                "name": one.agent.name,
                "kinds": one.agent.kinds,
                "capacity": one.agent.capacity,
                "paused": one.agent.paused,
                "alive": sum(worker.is_alive for worker in one.workers),
                "ready": one.ready,
                "oldest_wait_seconds": one.oldest_wait,
            }
            for one in agent_figures()
        ]
        return Response(AgentListOut({"results": shown}).data)


class ModelList(APIView):
    kind = "model"
    actions = {"GET": "read"}

    @extend_schema(operation_id="models_list", responses=ModelListOut)
    def get(self, request: Request) -> Response:
        return Response(ModelListOut({"results": ChurnModel.objects.defer("artefact").order_by("-number")}).data)


class ConnectionList(APIView):
    """Names only: what a step's form offers."""

    kind = "connection"
    actions = {"GET": "use"}

    @extend_schema(operation_id="connections_list", parameters=[KIND], responses=NameListOut)
    def get(self, request: Request) -> Response:
        found = Connection.objects.all()
        if kind := request.query_params.get("kind"):
            found = found.filter(kind__in=kind.replace("\x00", "").split(","))
        rows = [{"id": one.name, "name": one.name, "kind": one.kind} for one in found]
        return Response(NameListOut({"results": rows}).data)
