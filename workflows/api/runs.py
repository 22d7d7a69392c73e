"""Runs: start, list, read, cancel, and the whole output of a step."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workflows.api import render, shapes
from workflows.api.base import WAIT, WorkflowView, seconds_to_wait
from workflows.engine.admission import key_of
from workflows.engine.decisions import Decision
from workflows.engine.refs import StepRef
from workflows.models import Run, Workflow
from workflows.selectors.run_steps import output_of
from workflows.selectors.runs import SHOWN_STATES, RunFilter, get_run, list_runs
from workflows.services.runs import cancel_run, decide_step, read_verdict, start_run
from workflows.states import RunState

PAGING: Any = [
    OpenApiParameter("state", str, enum=SHOWN_STATES),
    OpenApiParameter("before", str, description="The `next` of the page before."),
]


class RunList(WorkflowView):
    kind = Run
    actions = {"GET": "read"}

    @extend_schema(operation_id="runs_list", parameters=PAGING, responses=shapes.RunListOut)
    def get(self, request: Request) -> Response:
        return self.page(None)

    def page(self, workflow: Workflow | None) -> Response:
        where = RunFilter(workflow=workflow, state=self.text("state"), before=self.text("before"))
        page = list_runs(actor=self.actor, where=where)
        return Response({"results": [render.run_summary(run) for run in page.runs], "next": page.next})


class WorkflowRuns(RunList):
    kind = Run
    actions = {"GET": "read", "POST": ("run", Workflow)}

    @extend_schema(operation_id="workflow_runs_list", parameters=PAGING, responses=shapes.RunListOut)
    def get(self, request: Request, key: str) -> Response:  # type: ignore[override]
        return self.page(self.workflow(key))

    @extend_schema(
        operation_id="workflow_runs_start",
        description="Starts the published version. With a `key` that was used before, answers that run. "
        "With `wait`, 200 once the run has ended.",
        parameters=[WAIT],
        request=shapes.StartRunIn,
        responses={200: shapes.RunOut, 202: shapes.RunOut},
    )
    def post(self, request: Request, key: str) -> Response:
        given = self.read(shapes.StartRunIn)
        wait = seconds_to_wait(request)
        if given["key"]:
            # Keys of our own, such as a webhook's, can't be taken from here, nor those of another member.
            given["key"] = key_of(f"api:{self.actor.id}", given["key"])
        run = start_run(actor=self.actor, workflow=self.workflow(key), wait=wait, **given)
        has_ended = wait is not None and run.state != RunState.RUNNING
        answer = render.run(self.actor, get_run(actor=self.actor, run_id=run.pk))
        return Response(answer, status=200 if has_ended else 202)


class RunDetail(WorkflowView):
    kind = Run
    actions = {"GET": "read"}

    @extend_schema(operation_id="runs_read", responses=shapes.RunOut)
    def get(self, request: Request, run_id: str) -> Response:
        return Response(render.run(self.actor, get_run(actor=self.actor, run_id=run_id)))


class StepOutput(WorkflowView):
    kind = Run
    actions = {"GET": "read"}

    @extend_schema(
        operation_id="runs_step_output",
        description="The whole output of a step; inside a For each, `item` is the number of the chunk.",
        parameters=[OpenApiParameter("item", int)],
        responses=shapes.OutputOut,
    )
    def get(self, request: Request, run_id: str, node: str) -> Response:
        run, item = get_run(actor=self.actor, run_id=run_id), self.whole("item", 0) or 0
        return Response(
            {"node": node, "item": item, "output": output_of(actor=self.actor, run=run, node=node, item=item)}
        )


class CancelRun(WorkflowView):
    kind = Run
    actions = {"POST": "cancel"}

    @extend_schema(operation_id="runs_cancel", request=None, responses=shapes.RunOut)
    def post(self, request: Request, run_id: str) -> Response:
        run = get_run(actor=self.actor, run_id=run_id)
        cancel_run(actor=self.actor, run=run)
        return Response(render.run(self.actor, get_run(actor=self.actor, run_id=run_id)))


class DecideStep(WorkflowView):
    kind = Run
    actions = {"POST": "retry"}

    @extend_schema(
        operation_id="runs_step_decide",
        description="A person's word on a step that is UNCERTAIN, or failed and waits for a decision: try it again, "
        "it happened (with what it came to, on the port it leaves by), or it failed.",
        request=shapes.VerdictIn,
        responses=shapes.RunOut,
    )
    def post(self, request: Request, run_id: str, node: str) -> Response:
        given = self.read(shapes.VerdictIn)
        run, verdict = get_run(actor=self.actor, run_id=run_id), read_verdict(given["verdict"])
        decision = Decision(verdict, self.actor.name, given["reason"], given["output"], given["port"])
        decide_step(actor=self.actor, run=run, ref=StepRef(run.pk, node, given["item"]), decision=decision)
        return Response(render.run(self.actor, get_run(actor=self.actor, run_id=run_id)))
