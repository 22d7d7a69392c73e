"""Distributed work in one call: numbers in, the sum of their squares out, by a workflow of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm.actors import actor_of
from crm.errors import NotFound
from crm.permissions import can
from workflows.models import Run, Workflow
from workflows.services.runs import start_run

WORKFLOW = "sum-of-squares"
MOST = 100_000


class Number(serializers.FloatField):
    """A number of JSON: what only looks like one, such as "3" or true, is none."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, (int, float)):
            self.fail("invalid")
        return super().to_internal_value(data)


class SubmitIn(serializers.Serializer[Any]):
    data = serializers.ListField(child=Number(), max_length=MOST)  # type: ignore[assignment]


class SubmitOut(serializers.Serializer[Any]):
    task_id = serializers.UUIDField()


class StatusOut(serializers.Serializer[Any]):
    task_id = serializers.UUIDField()
    state = serializers.CharField()
    result = serializers.JSONField(allow_null=True)
    error = serializers.JSONField(allow_null=True)


class Submit(APIView):
    kind = "workflow"
    actions = {"POST": "run"}

    @extend_schema(operation_id="submit", request=SubmitIn, responses={202: SubmitOut})
    def post(self, request: Request) -> Response:
        given = SubmitIn(data=request.data)
        given.is_valid(raise_exception=True)
        workflow = Workflow.objects.filter(key=WORKFLOW).first()
        if workflow is None:
            message = f"The workflow “{WORKFLOW}” is not installed. Load the demo, or import one with that key."
            raise NotFound(message, code="no_workflow")
        actor = actor_of(request.user)  # type: ignore[arg-type]
        # Whole numbers stay whole: 55, not 55.0.
        data = [int(value) if value.is_integer() else value for value in given.validated_data["data"]]
        run = start_run(actor=actor, workflow=workflow, input={"data": data})
        return Response({"task_id": str(run.pk)}, status=202)


class Status(APIView):
    kind = "run"
    actions = {"GET": "read"}

    @extend_schema(operation_id="status", responses=StatusOut)
    def get(self, request: Request, task_id: str) -> Response:
        actor = actor_of(request.user)  # type: ignore[arg-type]
        run = _run_of(task_id)
        if run is None or not can(actor, "read", run):
            raise NotFound(f"There is no task {task_id[:40]}.")
        result = run.output.get("value") if isinstance(run.output, dict) else None
        return Response({"task_id": str(run.pk), "state": run.state, "result": result, "error": run.error})


def _run_of(task_id: str) -> Run | None:
    try:
        return Run.objects.filter(pk=UUID(task_id), workflow__key=WORKFLOW).first()
    except ValueError:
        return None
