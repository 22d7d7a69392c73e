"""How well the agents share the work, to read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.selectors.figures import read_period
from crm.errors import InvalidInput

MOST_HOURS = 31 * 24
HOURS = OpenApiParameter("hours", int, description=f"The last hours, 1 to {MOST_HOURS}; 24 if not said.")


class FiguresOut(serializers.Serializer[Any]):
    """Rates and shares are from 0 to 1; null where nothing was counted."""

    agent = serializers.CharField(help_text="Empty for all together.")
    attempts = serializers.IntegerField()
    busy_seconds = serializers.FloatField()
    places = serializers.IntegerField(help_text="p: what the workers can do at once.")
    success_rate = serializers.FloatField(allow_null=True)
    speed_up = serializers.FloatField(allow_null=True, help_text="S: work over the time in which any was under way.")
    parallel_efficiency = serializers.FloatField(allow_null=True, help_text="E = S / p")
    utilisation = serializers.FloatField(allow_null=True, help_text="U = work / (p · time)")
    load_balance = serializers.FloatField(allow_null=True, help_text="L = (max - avg) / max over workers")
    decomposition_rate = serializers.FloatField(allow_null=True, help_text="D: parallel sub-tasks / all tasks")
    fault_recovery_rate = serializers.FloatField(allow_null=True, help_text="F: recovered / failed or lost")
    wait_p50 = serializers.FloatField(allow_null=True)
    wait_p95 = serializers.FloatField(allow_null=True)
    latency_p99 = serializers.FloatField(allow_null=True)


class PeriodOut(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    whole = FiguresOut()
    agents = FiguresOut(many=True)
    hourly = FiguresOut(many=True)


class OperationsFigures(APIView):
    kind = "agent"
    actions = {"GET": "read"}

    @extend_schema(operation_id="operations_figures", parameters=[HOURS], responses=PeriodOut)
    def get(self, request: Request) -> Response:
        asked = request.query_params.get("hours", "24")
        hours = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 0
        if not 1 <= hours <= MOST_HOURS:
            raise InvalidInput(f"hours is a number from 1 to {MOST_HOURS}.", code="bad_hours")
        return Response(PeriodOut(asdict(read_period(hours))).data)
