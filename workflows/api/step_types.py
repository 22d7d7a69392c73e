"""What a workflow can be made of: the step types, and a try of an expression."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.errors import InvalidInput
from workflows import registry
from workflows.api import shapes
from workflows.api.base import WorkflowView
from workflows.graph.document import DocumentError, parse
from workflows.graph.policies import Policies, Settings
from workflows.models import Workflow
from workflows.selectors.expressions import Tried, try_expression
from workflows.selectors.workflows import step_types


class StepTypeList(WorkflowView):
    kind = Workflow
    actions = {"GET": "read"}

    @extend_schema(operation_id="step_types_list", responses=shapes.StepTypeListOut)
    def get(self, request: Request) -> Response:
        return Response(
            {
                "results": step_types(),
                "policies": Policies.model_json_schema(),
                "settings": Settings.model_json_schema(),
            }
        )


class CheckExpression(WorkflowView):
    kind = Workflow
    actions = {"POST": "read"}

    @extend_schema(
        operation_id="expressions_check",
        description="Checks an expression at a step and, where there is data to try it on, says what it gives.",
        request=shapes.CheckExpressionIn,
        responses=shapes.CheckedExpressionOut,
    )
    def post(self, request: Request) -> Response:
        given = self.read(shapes.CheckExpressionIn)
        try:
            document = parse(given["document"], registry.aliases())
        except DocumentError as error:
            raise InvalidInput(f"The draft can't be read: {error}", code="invalid_document") from error
        node = document.nodes.get(given["node"])
        if node is None:
            raise InvalidInput(f"The draft has no step {given['node']!r}.", code="unknown_step")
        workflow = self.workflow(given["workflow"]) if given["workflow"] else None
        tried = try_expression(
            actor=self.actor, source=given["expression"], document=document, node=node, workflow=workflow
        )
        return Response(_answer(tried))


def _answer(tried: Tried) -> dict[str, object]:
    answer: dict[str, object] = {"ok": tried.ok}
    if tried.message:
        answer["error"] = {"message": tried.message, "position": tried.position}
    elif tried.sample:
        answer["value"] = tried.value
    if tried.sample:
        answer["sample"] = tried.sample
    return answer
