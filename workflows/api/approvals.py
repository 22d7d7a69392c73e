"""Approvals: the inbox, one with a page of its items, and the decision."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from workflows.api import render, shapes
from workflows.api.base import WorkflowView
from workflows.models import Approval
from workflows.selectors.approvals import PAGE, get_approval, items_of, list_decided, list_open
from workflows.services.approvals import decide_approval

LARGEST_PAGE = 500


class ApprovalList(WorkflowView):
    kind = Approval
    actions = {"GET": "read"}

    @extend_schema(
        operation_id="approvals_list",
        parameters=[
            OpenApiParameter("state", str, enum=["open", "decided"]),
            OpenApiParameter("after", str, description="The `next` of the page before."),
        ],
        responses=shapes.ApprovalListOut,
    )
    def get(self, request: Request) -> Response:
        listing = list_decided if self.text("state") == "decided" else list_open
        page = listing(actor=self.actor, after=self.text("after"))
        shown = [render.approval_summary(self.actor, approval) for approval in page.approvals]
        return Response({"results": shown, "next": page.next})


class ApprovalDetail(WorkflowView):
    kind = Approval
    actions = {"GET": "read"}

    @extend_schema(
        operation_id="approvals_read",
        parameters=[
            OpenApiParameter("start", int, description="Position of the first item shown."),
            OpenApiParameter("limit", int, description=f"Items shown, at most {LARGEST_PAGE}."),
        ],
        responses=shapes.ApprovalOut,
    )
    def get(self, request: Request, approval_id: int) -> Response:
        approval = get_approval(actor=self.actor, approval_id=approval_id)
        start, limit = self.whole("start", 0) or 0, min(self.whole("limit", PAGE) or PAGE, LARGEST_PAGE)
        return Response(render.approval(self.actor, approval, items_of(approval, start=start, limit=limit)))


class Decide(WorkflowView):
    kind = Approval
    actions = {"POST": "decide"}

    @extend_schema(
        operation_id="approvals_decide",
        description="Decides once: whoever comes second gets 409 `already_decided` and learns who was first.",
        request=shapes.DecideIn,
        responses=shapes.ApprovalOut,
    )
    def post(self, request: Request, approval_id: int) -> Response:
        approval = get_approval(actor=self.actor, approval_id=approval_id)
        decided = decide_approval(actor=self.actor, approval=approval, **self.read(shapes.DecideIn))
        return Response(render.approval(self.actor, decided, items_of(decided)))
