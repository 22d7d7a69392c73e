"""Segments, and the customers in them."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api import shapes
from crm.api.base import PAGING, CrmView
from crm.models import Segment
from crm.selectors.customers import CustomerQuery, list_customers
from crm.selectors.keyset import Page
from crm.selectors.segments import get_segment, list_segments
from crm.services import segments


class SegmentList(CrmView):
    kind = Segment
    actions = {"GET": "read", "POST": "create"}

    @extend_schema(operation_id="segments_list", responses=shapes.SegmentPage)
    def get(self, request: Request) -> Response:
        return self.show_page(shapes.SegmentOut, Page(list(list_segments(actor=self.actor)), None))

    @extend_schema(operation_id="segments_create", request=shapes.SegmentIn, responses={201: shapes.SegmentOut})
    def post(self, request: Request) -> Response:
        return self.show(
            shapes.SegmentOut, segments.create_segment(actor=self.actor, **self.read(shapes.SegmentIn)), 201
        )


class SegmentDetail(CrmView):
    kind = Segment
    actions = {"GET": "read", "PATCH": "update", "DELETE": "delete"}

    @extend_schema(operation_id="segments_read", responses=shapes.SegmentOut)
    def get(self, request: Request, segment_id: int) -> Response:
        return self.show(shapes.SegmentOut, get_segment(actor=self.actor, segment_id=segment_id))

    @extend_schema(operation_id="segments_update", request=shapes.SegmentIn, responses=shapes.SegmentOut)
    def patch(self, request: Request, segment_id: int) -> Response:
        changes = self.read(shapes.SegmentIn, partial=True)
        changed = segments.update_segment(actor=self.actor, segment_id=segment_id, changes=changes)
        return self.show(shapes.SegmentOut, changed)

    @extend_schema(operation_id="segments_delete", responses={204: None})
    def delete(self, request: Request, segment_id: int) -> Response:
        segments.delete_segment(actor=self.actor, segment_id=segment_id)
        return Response(status=204)


class SegmentCustomers(CrmView):
    kind = Segment
    actions = {"GET": "read"}

    @extend_schema(operation_id="segments_customers", parameters=PAGING, responses=shapes.CustomerPage)
    def get(self, request: Request, segment_id: int) -> Response:
        query = CustomerQuery(segment=segment_id, cursor=self.text("cursor"), size=self.size())
        get_segment(actor=self.actor, segment_id=segment_id)
        return self.show_page(shapes.CustomerOut, list_customers(actor=self.actor, query=query))
