"""The protocol between agents over REST: give a task, ask how it stands."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.remote import RemoteView
from agents.services.remote_tasks import Task, execute_task, task_status
from workflows.api.shapes import Strict
from workflows.models import Run, Workflow
from workflows.states import RunState


class TaskIn(Strict):
    task_id = serializers.CharField(max_length=120, help_text="Chosen by the caller: the idempotency key.")
    agent_type = serializers.CharField(max_length=80, help_text="The key of a published workflow.")
    input = serializers.JSONField(required=False, default=dict)
    metadata = serializers.DictField(child=serializers.CharField(max_length=200), required=False, default=dict)


class TaskErrorOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class TaskOut(serializers.Serializer[Any]):
    task_id = serializers.CharField()
    state = serializers.ChoiceField(RunState.choices)
    output = serializers.JSONField(allow_null=True)
    error = TaskErrorOut(allow_null=True)


class TaskList(RemoteView):
    kind = Workflow
    actions = {"POST": "run"}
    pace = "TASKS_PER_MINUTE"

    @extend_schema(
        operation_id="agent_tasks_execute",
        description="Starts the task and answers at once. The same `task_id` again answers the same task.",
        request=TaskIn,
        responses={202: TaskOut},
    )
    def post(self, request: Request) -> Response:
        return Response(rendered(execute_task(actor=self.actor, **self.read(TaskIn))), status=202)


class TaskDetail(RemoteView):
    kind = Run
    actions = {"GET": "read"}
    pace = "TASKS_PER_MINUTE"

    @extend_schema(operation_id="agent_tasks_status", responses=TaskOut)
    def get(self, request: Request, task_id: str) -> Response:
        return Response(rendered(task_status(actor=self.actor, task_id=task_id)))


def rendered(task: Task) -> dict[str, Any]:
    error = {"code": task.error_code, "message": task.error_message} if task.error_code else None
    return {"task_id": task.task_id, "state": task.state, "output": task.output, "error": error}
