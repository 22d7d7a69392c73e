"""Service requests: what customers ask for."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api import shapes
from crm.api.base import PAGING, CrmView
from crm.models import ServiceRequest
from crm.models.requests import Priority, RequestStatus
from crm.selectors.requests import SORTS, RequestQuery, get_request, list_requests
from crm.services import requests

_FILTERS = [
    OpenApiParameter("search", str),
    OpenApiParameter("status", str, enum=[*RequestStatus.values, "unresolved"]),
    OpenApiParameter("priority", str, enum=Priority.values),
    OpenApiParameter("kind", str),
    OpenApiParameter("assignee", str, description="me, none or a member's id"),
    OpenApiParameter("customer", int),
    OpenApiParameter("service", int),
    OpenApiParameter("sort", str, enum=SORTS),
]
_TEXTS = ("search", "status", "priority", "kind", "assignee", "sort", "cursor")


def _ids(given: dict[str, Any]) -> dict[str, Any]:
    """The API names a record, the services its id."""
    return {f"{name}_id" if name in ("customer", "service", "assignee") else name: given[name] for name in given}


class RequestList(CrmView):
    kind = ServiceRequest
    actions = {"GET": "read", "POST": "create"}

    @extend_schema(operation_id="requests_list", parameters=[*_FILTERS, *PAGING], responses=shapes.RequestPage)
    def get(self, request: Request) -> Response:
        texts = {name: self.text(name) for name in _TEXTS}
        customer, service = self.whole("customer"), self.whole("service")
        query = RequestQuery(**texts, customer=customer, service=service, size=self.size())
        return self.show_page(shapes.RequestOut, list_requests(actor=self.actor, query=query))

    @extend_schema(operation_id="requests_create", request=shapes.RequestIn, responses={201: shapes.RequestOut})
    def post(self, request: Request) -> Response:
        new = requests.NewRequest(**_ids(self.read(shapes.RequestIn)))
        made = requests.create_request(actor=self.actor, new=new)
        return self.show(shapes.RequestOut, get_request(actor=self.actor, request_id=made.pk), 201)


class RequestDetail(CrmView):
    kind = ServiceRequest
    actions = {"GET": "read", "PATCH": "update", "DELETE": "delete"}

    @extend_schema(operation_id="requests_read", responses=shapes.RequestOut)
    def get(self, request: Request, request_id: int) -> Response:
        return self.show(shapes.RequestOut, get_request(actor=self.actor, request_id=request_id))

    @extend_schema(
        operation_id="requests_update",
        description="Resolving a request sets its response time.",
        request=shapes.RequestChangeIn,
        responses=shapes.RequestOut,
    )
    def patch(self, request: Request, request_id: int) -> Response:
        changes = _ids(self.read(shapes.RequestChangeIn, partial=True))
        requests.update_request(actor=self.actor, request_id=request_id, changes=changes)
        return self.get(request, request_id)

    @extend_schema(operation_id="requests_delete", responses={204: None})
    def delete(self, request: Request, request_id: int) -> Response:
        requests.delete_request(actor=self.actor, request_id=request_id)
        return Response(status=204)
