"""What people do to runs: pause, resume, repeat, take a step out; many at once by cause or by version."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.errors import NotFound
from crm.permissions import scope
from crm.validation import refuse
from workflows.api import render, run_shapes, shapes
from workflows.api.base import WorkflowView
from workflows.models import Run, RunBatch, Workflow
from workflows.selectors.causes import Cause, failed_by_cause
from workflows.selectors.in_flight import preview
from workflows.selectors.repeats import PlannedStep, plan_repeat
from workflows.selectors.runs import get_run
from workflows.services.in_flight import choose_for_runs_in_flight
from workflows.services.run_batches import retry_all
from workflows.services.run_control import leave_out_step, pause_run, resume_run
from workflows.services.run_repeat import repeat_run

JSON = Any


class RunView(WorkflowView):
    kind = Run

    def run_of(self, run_id: str) -> Run:
        return get_run(actor=self.actor, run_id=run_id)

    def answer(self, run_id: str) -> Response:
        return Response(render.run(self.actor, self.run_of(run_id)))


class PauseRun(RunView):
    actions = {"POST": "cancel"}

    @extend_schema(
        operation_id="runs_pause",
        description="No step of the run starts any more; those under way finish. Its deadline goes on counting.",
        request=None,
        responses=shapes.RunOut,
    )
    def post(self, request: Request, run_id: str) -> Response:
        pause_run(actor=self.actor, run=self.run_of(run_id))
        return self.answer(run_id)


class ResumeRun(RunView):
    actions = {"POST": "cancel"}

    @extend_schema(operation_id="runs_resume", request=None, responses=shapes.RunOut)
    def post(self, request: Request, run_id: str) -> Response:
        resume_run(actor=self.actor, run=self.run_of(run_id))
        return self.answer(run_id)


class LeaveOutStep(RunView):
    actions = {"POST": "cancel"}

    @extend_schema(
        operation_id="runs_step_leave_out",
        description="Takes a step that has not begun out of the run, which passes it by as if it had been done.",
        request=None,
        responses=shapes.RunOut,
    )
    def post(self, request: Request, run_id: str, node: str) -> Response:
        leave_out_step(actor=self.actor, run=self.run_of(run_id), node=node)
        return self.answer(run_id)


class RepeatRun(RunView):
    actions = {"GET": "read", "POST": "retry"}

    @extend_schema(
        operation_id="runs_repeat_plan",
        description="What a repeat from a step would copy, and what would happen again with which effect.",
        parameters=[OpenApiParameter("from", str, required=True)],
        responses=run_shapes.RepeatPlanOut,
    )
    def get(self, request: Request, run_id: str) -> Response:
        found = plan_repeat(run=self.run_of(run_id), from_node=self.text("from"))
        return Response({"copied": list(map(_planned, found.copied)), "again": list(map(_planned, found.again))})

    @extend_schema(
        operation_id="runs_repeat",
        description="A new run: from the beginning, with the same input or another, or from a step. "
        "What a repeated step does, it does again.",
        request=run_shapes.RepeatIn,
        responses={201: shapes.RunOut},
    )
    def post(self, request: Request, run_id: str) -> Response:
        fresh = repeat_run(actor=self.actor, run=self.run_of(run_id), **self.read(run_shapes.RepeatIn))
        return Response(render.run(self.actor, self.run_of(str(fresh.pk))), status=201)


def _planned(step: PlannedStep) -> dict[str, JSON]:
    return {name: getattr(step, name) for name in ("node", "label", "type", "effect", "happened")}


class Causes(WorkflowView):
    kind = Run
    actions = {"GET": "read"}

    @extend_schema(
        operation_id="runs_causes",
        description="Failed runs of the last 30 days by workflow, step and error code, the most frequent first.",
        parameters=[OpenApiParameter("workflow", str)],
        responses=run_shapes.CauseListOut,
    )
    def get(self, request: Request) -> Response:
        key = self.text("workflow")
        found = failed_by_cause(actor=self.actor, workflow=self.workflow(key) if key else None)
        return Response({"results": [_cause(one, found.is_complete) for one in found.causes]})


def _cause(cause: Cause, is_complete: bool) -> dict[str, JSON]:
    return {
        "workflow": cause.workflow.name,
        "workflow_key": cause.workflow.key,
        **{name: getattr(cause, name) for name in ("node", "label", "code", "message", "count", "repeated")},
        "first": cause.first,
        "last": cause.last,
        "newest_run": cause.runs[0],
        "is_complete": is_complete,
    }


class RetryAll(WorkflowView):
    kind = Run
    actions = {"POST": "retry"}

    @extend_schema(
        operation_id="runs_retry_all",
        description="Repeats every run that failed of a cause from the step that failed; each once.",
        request=run_shapes.RetryAllIn,
        responses={202: run_shapes.BatchOut},
    )
    def post(self, request: Request) -> Response:
        given = self.read(run_shapes.RetryAllIn)
        batch = retry_all(
            actor=self.actor, workflow=self.workflow(given["workflow"]), node=given["node"], code=given["code"]
        )
        return Response(batch_answer(batch), status=202)


class BatchDetail(WorkflowView):
    kind = Run
    actions = {"GET": "read"}

    @extend_schema(operation_id="run_batches_read", responses=run_shapes.BatchOut)
    def get(self, request: Request, batch_id: int) -> Response:
        batch = scope(self.actor, RunBatch.objects.filter(pk=batch_id), "read", "run").first()
        if batch is None:
            raise NotFound("There is no such batch.")
        return Response(batch_answer(batch))


def batch_answer(batch: RunBatch) -> dict[str, JSON]:
    names = ("kind", "state", "total", "done", "refused", "asked_at", "ended_at")
    return {"id": batch.pk, **{name: getattr(batch, name) for name in names}}


class InFlight(WorkflowView):
    kind = Workflow
    actions = {"GET": "read", "POST": "publish"}

    @extend_schema(
        operation_id="workflows_in_flight",
        description="Open runs on older versions, and why each could not go on with the published one.",
        parameters=[OpenApiParameter("mapping", str, description='JSON: {"old": "new"}; other steps keep theirs.')],
        responses=run_shapes.InFlightOut,
    )
    def get(self, request: Request, key: str) -> Response:
        workflow = self.workflow(key)
        found = preview(actor=self.actor, workflow=workflow, mapping=read_mapping(self.text("mapping")))
        rows = [{**render.run_summary(one.run), "can_move": one.can_move, "why_not": one.why_not} for one in found.runs]
        to = workflow.published.number if workflow.published else None
        return Response({"to_version": to, "total": found.total, "results": rows})

    @extend_schema(
        operation_id="workflows_in_flight_choose",
        description="What becomes of them: they finish on their versions, are moved, or cancelled and begun anew. "
        "204 if there is nothing to do.",
        request=run_shapes.InFlightIn,
        responses={202: run_shapes.BatchOut},
    )
    def post(self, request: Request, key: str) -> Response:
        given = self.read(run_shapes.InFlightIn)
        batch = choose_for_runs_in_flight(actor=self.actor, workflow=self.workflow(key), **given)
        return Response(batch_answer(batch), status=202) if batch else Response(status=204)


def read_mapping(text: str) -> dict[str, str]:
    """Raises InvalidInput unless it is a JSON object of names."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in [*found, *found.values()]):
        raise refuse("mapping", 'Give an object of names, such as {"old": "new"}.')
    return found
