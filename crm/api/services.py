"""Services: what customers have."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api import shapes
from crm.api.base import PAGING, CrmView
from crm.models import Service
from crm.models.services import ServiceStatus
from crm.selectors.services import SORTS, ServiceQuery, get_service, list_services
from crm.services import services

_FILTERS = [
    OpenApiParameter("search", str),
    OpenApiParameter("status", str, enum=ServiceStatus.values),
    OpenApiParameter("type", str),
    OpenApiParameter("customer", int),
    OpenApiParameter("sort", str, enum=SORTS),
]


class ServiceList(CrmView):
    kind = Service
    actions = {"GET": "read", "POST": "create"}

    @extend_schema(operation_id="services_list", parameters=[*_FILTERS, *PAGING], responses=shapes.ServicePage)
    def get(self, request: Request) -> Response:
        texts = {name: self.text(name) for name in ("search", "status", "type", "sort", "cursor")}
        query = ServiceQuery(**texts, customer=self.whole("customer"), size=self.size())
        return self.show_page(shapes.ServiceOut, list_services(actor=self.actor, query=query))

    @extend_schema(operation_id="services_create", request=shapes.ServiceIn, responses={201: shapes.ServiceOut})
    def post(self, request: Request) -> Response:
        given = self.read(shapes.ServiceIn)
        new = services.NewService(customer_id=given.pop("customer"), **given)
        made = services.create_service(actor=self.actor, new=new)
        return self.show(shapes.ServiceOut, get_service(actor=self.actor, service_id=made.pk), 201)


class ServiceDetail(CrmView):
    kind = Service
    actions = {"GET": "read", "PATCH": "update", "DELETE": "delete"}

    @extend_schema(operation_id="services_read", responses=shapes.ServiceOut)
    def get(self, request: Request, service_id: int) -> Response:
        return self.show(shapes.ServiceOut, get_service(actor=self.actor, service_id=service_id))

    @extend_schema(operation_id="services_update", request=shapes.ServiceChangeIn, responses=shapes.ServiceOut)
    def patch(self, request: Request, service_id: int) -> Response:
        changes = self.read(shapes.ServiceChangeIn, partial=True)
        services.update_service(actor=self.actor, service_id=service_id, changes=changes)
        return self.get(request, service_id)

    @extend_schema(operation_id="services_delete", responses={204: None})
    def delete(self, request: Request, service_id: int) -> Response:
        services.delete_service(actor=self.actor, service_id=service_id)
        return Response(status=204)
