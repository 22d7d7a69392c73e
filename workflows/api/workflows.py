"""Workflows: list, create, import, export, change, delete, and the draft."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workflows.api import render, shapes
from workflows.api.base import WorkflowView
from workflows.graph.document import DocumentError, parse, to_json
from workflows.models import Workflow
from workflows.selectors.workflows import list_workflows
from workflows.services import workflows as drawing
from workflows.services.versions import problems_of


class WorkflowList(WorkflowView):
    kind = Workflow
    actions = {"GET": "read", "POST": "create"}

    @extend_schema(
        operation_id="workflows_list",
        parameters=[OpenApiParameter("search", str, description="Part of the name.")],
        responses=shapes.WorkflowListOut,
    )
    def get(self, request: Request) -> Response:
        rows = list_workflows(actor=self.actor, search=self.text("search"))
        return Response({"results": [render.workflow_summary(row.workflow) for row in rows]})

    @extend_schema(operation_id="workflows_create", request=shapes.NewWorkflowIn, responses={201: shapes.WorkflowOut})
    def post(self, request: Request) -> Response:
        workflow = drawing.create_workflow(actor=self.actor, **self.read(shapes.NewWorkflowIn))
        return Response(render.workflow(self.actor, workflow), status=201)


class ImportWorkflow(WorkflowView):
    kind = Workflow
    actions = {"POST": "create"}

    @extend_schema(
        operation_id="workflows_import",
        description="Makes a workflow of a document, as exported or written by hand.",
        request={"application/json": {"type": "object"}},
        responses={201: shapes.WorkflowOut},
    )
    def post(self, request: Request) -> Response:
        workflow = drawing.import_document(actor=self.actor, document=request.data)
        return Response(render.workflow(self.actor, workflow), status=201)


class WorkflowDetail(WorkflowView):
    kind = Workflow
    actions = {"GET": "read", "PATCH": "update", "DELETE": "delete"}

    @extend_schema(operation_id="workflows_read", responses=shapes.WorkflowOut)
    def get(self, request: Request, key: str) -> Response:
        return Response(render.workflow(self.actor, self.workflow(key)))

    @extend_schema(operation_id="workflows_change", request=shapes.ChangeWorkflowIn, responses=shapes.WorkflowOut)
    def patch(self, request: Request, key: str) -> Response:
        workflow, given = self.workflow(key), self.read(shapes.ChangeWorkflowIn)
        if "name" in given or "description" in given:
            workflow = drawing.describe_workflow(
                actor=self.actor,
                workflow=workflow,
                name=given.get("name", workflow.name),
                description=given.get("description", workflow.description),
            )
        if "enabled" in given:
            drawing.set_enabled(actor=self.actor, workflow=workflow, enabled=given["enabled"])
        return Response(render.workflow(self.actor, self.workflow(key)))

    @extend_schema(operation_id="workflows_delete", responses={204: OpenApiResponse(description="Deleted.")})
    def delete(self, request: Request, key: str) -> Response:
        drawing.delete_workflow(actor=self.actor, workflow=self.workflow(key))
        return Response(status=204)


class ExportWorkflow(WorkflowView):
    kind = Workflow
    actions = {"GET": "read"}

    @extend_schema(
        operation_id="workflows_export",
        description="The draft as a document that import takes.",
        responses={200: {"type": "object"}},
    )
    def get(self, request: Request, key: str) -> Response:
        workflow = self.workflow(key)
        try:
            document = to_json(parse(workflow.draft))
        except DocumentError:  # half-drawn; the author wants it all the same
            document = workflow.draft
        name = f'attachment; filename="{workflow.key}.json"'
        return Response(document, headers={"Content-Disposition": name})


class Draft(WorkflowView):
    kind = Workflow
    actions = {"PUT": "update"}

    @extend_schema(
        operation_id="workflows_save_draft",
        description="Saves the draft on top of `base_revision`; 409 `stale_revision` carries what is there instead.",
        request=shapes.DraftIn,
        responses=shapes.SavedOut,
    )
    def put(self, request: Request, key: str) -> Response:
        given = self.read(shapes.DraftIn)
        try:
            workflow = drawing.save_draft(actor=self.actor, workflow=self.workflow(key), **given)
        except drawing.StaleRevision as stale:
            return self.problem(stale, revision=stale.revision, document=stale.document)
        return Response(
            {
                "revision": workflow.revision,
                "saved_at": workflow.draft_saved_at,
                "problems": problems_of(workflow.draft),
            }
        )
