"""Publication, the published versions, and the secrets of webhooks."""

from __future__ import annotations

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workflows.api import render, run_shapes, shapes
from workflows.api.base import WorkflowView
from workflows.api.case_shapes import DiffOut
from workflows.api.run_operations import batch_answer
from workflows.graph.diff import compare
from workflows.models import Version, Workflow
from workflows.selectors.documents import document_of
from workflows.selectors.workflows import get_version, visible_versions
from workflows.services.in_flight import choose_for_runs_in_flight
from workflows.services.triggers import rotate_webhook_secret
from workflows.services.versions import publish
from workflows.services.workflows import StaleRevision


class Publish(WorkflowView):
    kind = Workflow
    actions = {"POST": "publish"}

    @extend_schema(
        operation_id="workflows_publish",
        description="Publishes the draft as the next version; 422 lists what is wrong, node by node. "
        "Its cases are carried out first: if one fails, 422 `case_failed` lists the differences.",
        request=run_shapes.PublishIn,
        responses={201: run_shapes.NewVersionOut},
    )
    def post(self, request: Request, key: str) -> Response:
        given = self.read(run_shapes.PublishIn)
        workflow, choice, mapping = self.workflow(key), given.pop("in_flight"), given.pop("mapping")
        try:
            with transaction.atomic():
                published = publish(actor=self.actor, workflow=workflow, **given)
                batch = choose_for_runs_in_flight(actor=self.actor, workflow=workflow, choice=choice, mapping=mapping)
        except StaleRevision as stale:
            return self.problem(stale, revision=stale.revision, document=stale.document)
        report = published.report
        return Response(
            {
                "number": published.version.number,
                "webhook_secrets": published.secrets,
                "cases": [result.as_json() for result in report.results] if report else [],
                "in_flight": batch_answer(batch) if batch else None,
            },
            status=201,
        )


class VersionList(WorkflowView):
    kind = Version
    actions = {"GET": "read"}

    @extend_schema(operation_id="versions_list", responses=shapes.VersionListOut)
    def get(self, request: Request, key: str) -> Response:
        versions = visible_versions(self.actor, self.workflow(key))
        return Response({"results": [render.version(version) for version in versions]})


class VersionDetail(WorkflowView):
    kind = Version
    actions = {"GET": "read"}

    @extend_schema(operation_id="versions_read", responses=shapes.VersionDetailOut)
    def get(self, request: Request, key: str, number: int) -> Response:
        version = get_version(actor=self.actor, workflow=self.workflow(key), number=number)
        return Response({**render.version(version), "document": version.document})


class VersionDiff(WorkflowView):
    kind = Version
    actions = {"GET": "read"}

    @extend_schema(
        operation_id="versions_diff",
        description="What differs between two versions, value by value and in words.",
        parameters=[
            OpenApiParameter("from", str, required=True, description="A version's number, or `draft`."),
            OpenApiParameter("to", str, required=True, description="A version's number, or `draft`."),
        ],
        responses=DiffOut,
    )
    def get(self, request: Request, key: str) -> Response:
        workflow = self.workflow(key)
        before, after = (
            document_of(actor=self.actor, workflow=workflow, which=self.text(name)) for name in ("from", "to")
        )
        return Response(compare(before, after).as_json())


class WebhookSecret(WorkflowView):
    kind = Workflow
    actions = {"POST": "publish"}

    @extend_schema(
        operation_id="webhooks_rotate_secret",
        description="Gives the webhook a new signing secret, shown this once; the old one stops working.",
        request=None,
        responses=shapes.SecretOut,
    )
    def post(self, request: Request, key: str, node: str) -> Response:
        secret = rotate_webhook_secret(actor=self.actor, workflow=self.workflow(key), node=node)
        return Response({"secret": secret})
