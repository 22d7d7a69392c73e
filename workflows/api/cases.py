"""Cases, the tests of a workflow: save one from a run, list, read, delete, carry them out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workflows.api import case_shapes as shapes
from workflows.api.base import WorkflowView
from workflows.models import Run, Workflow, WorkflowCase
from workflows.selectors.cases import get_case, require_values, visible_cases
from workflows.selectors.documents import document_of
from workflows.selectors.runs import get_run
from workflows.services.cases import delete_case, save_case, try_cases

JSON = Any


def shown(case: WorkflowCase) -> dict[str, JSON]:
    return {
        "id": case.pk,
        "name": case.name,
        "saved_from": case.saved_from,
        "saved_by": str(case.saved_by) if case.saved_by else None,
        "saved_at": case.saved_at,
    }


class SaveCase(WorkflowView):
    kind = Run
    actions = {"POST": ("update", Workflow)}

    @extend_schema(
        operation_id="runs_save_case",
        description="Makes a test of the run: its input, the answers of what can't be done again, and what came of it.",
        request=shapes.SaveCaseIn,
        responses={201: shapes.CaseOut},
    )
    def post(self, request: Request, run_id: str) -> Response:
        run = get_run(actor=self.actor, run_id=run_id)
        return Response(shown(save_case(actor=self.actor, run=run, **self.read(shapes.SaveCaseIn))), status=201)


class CaseList(WorkflowView):
    kind = Workflow
    actions = {"GET": "read"}

    @extend_schema(operation_id="cases_list", responses=shapes.CaseListOut)
    def get(self, request: Request, key: str) -> Response:
        return Response({"results": [shown(case) for case in visible_cases(self.actor, self.workflow(key))]})


class CaseDetail(WorkflowView):
    kind = Workflow
    actions = {"GET": "read", "DELETE": "update"}

    @extend_schema(operation_id="cases_read", responses=shapes.CaseDetailOut)
    def get(self, request: Request, key: str, case_id: int) -> Response:
        require_values(self.actor)
        case = get_case(actor=self.actor, workflow=self.workflow(key), case_id=case_id)
        return Response({**shown(case), "content": case.content})

    @extend_schema(operation_id="cases_delete", responses={204: OpenApiResponse(description="Deleted.")})
    def delete(self, request: Request, key: str, case_id: int) -> Response:
        delete_case(actor=self.actor, case=get_case(actor=self.actor, workflow=self.workflow(key), case_id=case_id))
        return Response(status=204)


class CheckCases(WorkflowView):
    kind = Workflow
    actions = {"POST": "update"}

    @extend_schema(
        operation_id="cases_check",
        description="Carries all cases out on the draft, or on a version. Nothing is sent, and nothing stays.",
        request=shapes.CheckCasesIn,
        responses=shapes.ReportOut,
    )
    def post(self, request: Request, key: str) -> Response:
        workflow, version = self.workflow(key), self.read(shapes.CheckCasesIn)["version"]
        document = document_of(actor=self.actor, workflow=workflow, which=str(version or "draft"))
        report = try_cases(actor=self.actor, workflow=workflow, document=document)
        return Response(
            {
                "passed": not report.failed,
                "results": [result.as_json() for result in report.results],
                "coverage": report.coverage.as_json(document),
            }
        )
