"""Customers, their tags, owners and timelines."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api import shapes
from crm.api.base import PAGING, CrmView
from crm.models import Activity, Customer, Lifecycle
from crm.selectors.activities import timeline
from crm.selectors.audit import history_of
from crm.selectors.customers import SORTS, get_customer, list_customers, read_query
from crm.selectors.keyset import Page
from crm.services import activities, customers, tags

_FILTERS = [
    OpenApiParameter("search", str, description="Words in the name, the address or the number."),
    OpenApiParameter("lifecycle", str, enum=Lifecycle.values),
    OpenApiParameter("owner", str, description="me, none or a member's id"),
    OpenApiParameter("team", int),
    OpenApiParameter("tag", str),
    OpenApiParameter("segment", int, description="A segment's id."),
    OpenApiParameter("min_risk", float),
    OpenApiParameter("sort", str, description=f"{', '.join(SORTS)}, custom.<key> or -custom.<key>"),
]
_CUSTOM = "Any custom field filters too: `custom.contract=One year`, `custom.tenure__gte=3`."


class CustomerList(CrmView):
    kind = Customer
    actions = {"GET": "read", "POST": "create"}

    @extend_schema(
        operation_id="customers_list",
        description=_CUSTOM,
        parameters=[*_FILTERS, *PAGING],
        responses=shapes.CustomerPage,
    )
    def get(self, request: Request) -> Response:
        return self.show_page(shapes.CustomerOut, list_customers(actor=self.actor, query=read_query(self.params)))

    @extend_schema(operation_id="customers_create", request=shapes.CustomerIn, responses={201: shapes.CustomerOut})
    def post(self, request: Request) -> Response:
        new = customers.NewCustomer(**self.read(shapes.CustomerIn))
        made = customers.create_customer(actor=self.actor, new=new)
        return self.show(shapes.CustomerOut, get_customer(actor=self.actor, customer_id=made.pk), 201)


class CustomerDetail(CrmView):
    kind = Customer
    actions = {"GET": "read", "PATCH": "update", "DELETE": "delete"}

    @extend_schema(operation_id="customers_read", responses=shapes.CustomerOut)
    def get(self, request: Request, customer_id: int) -> Response:
        return self.show(shapes.CustomerOut, get_customer(actor=self.actor, customer_id=customer_id))

    @extend_schema(
        operation_id="customers_update",
        description="Of `custom`, the keys given are changed; null takes a value away.",
        request=shapes.CustomerIn,
        responses=shapes.CustomerOut,
    )
    def patch(self, request: Request, customer_id: int) -> Response:
        changes = self.read(shapes.CustomerIn, partial=True)
        customers.update_customer(actor=self.actor, customer_id=customer_id, changes=changes)
        return self.get(request, customer_id)

    @extend_schema(operation_id="customers_delete", responses={204: None})
    def delete(self, request: Request, customer_id: int) -> Response:
        customers.delete_customer(actor=self.actor, customer_id=customer_id)
        return Response(status=204)


class CustomerOwner(CrmView):
    kind = Customer
    actions = {"PUT": "update"}

    @extend_schema(operation_id="customers_set_owner", request=shapes.MemberIdIn, responses=shapes.CustomerOut)
    def put(self, request: Request, customer_id: int) -> Response:
        owner = self.read(shapes.MemberIdIn)["member"]
        customers.set_owner(actor=self.actor, customer_id=customer_id, owner_id=owner)
        return self.show(shapes.CustomerOut, get_customer(actor=self.actor, customer_id=customer_id))


class CustomerTags(CrmView):
    kind = Customer
    actions = {"POST": "tag"}

    @extend_schema(operation_id="customers_tag", request=shapes.TagNameIn, responses=shapes.CustomerOut)
    def post(self, request: Request, customer_id: int) -> Response:
        tags.tag_customers(actor=self.actor, customer_ids=[customer_id], tag=self.read(shapes.TagNameIn)["tag"])
        return self.show(shapes.CustomerOut, get_customer(actor=self.actor, customer_id=customer_id))


class CustomerTag(CrmView):
    kind = Customer
    actions = {"DELETE": "tag"}

    @extend_schema(operation_id="customers_untag", responses={204: None})
    def delete(self, request: Request, customer_id: int, tag: str) -> Response:
        tags.untag_customers(actor=self.actor, customer_ids=[customer_id], tag=tag)
        return Response(status=204)


class Timeline(CrmView):
    kind = Activity
    actions = {"GET": "read", "POST": "create"}

    @extend_schema(operation_id="customers_timeline", parameters=PAGING, responses=shapes.ActivityPage)
    def get(self, request: Request, customer_id: int) -> Response:
        get_customer(actor=self.actor, customer_id=customer_id)
        page = timeline(actor=self.actor, customer_id=customer_id, cursor=self.text("cursor"), size=self.size())
        return self.show_page(shapes.ActivityOut, page)

    @extend_schema(
        operation_id="customers_add_note",
        description="Adds a note, or what was said in a call.",
        request=shapes.NoteIn,
        responses={201: shapes.ActivityOut},
    )
    def post(self, request: Request, customer_id: int) -> Response:
        given = self.read(shapes.NoteIn)
        if given["kind"] == "call":
            outcome = given.get("outcome", "")
            made = activities.log_call(actor=self.actor, customer_id=customer_id, text=given["text"], outcome=outcome)
        else:
            made = activities.add_note(actor=self.actor, customer_id=customer_id, text=given["text"])
        return self.show(shapes.ActivityOut, made, 201)


class History(CrmView):
    kind = Customer
    actions = {"GET": "read"}

    @extend_schema(
        operation_id="customers_history",
        description="The newest 200 entries of the audit trail about this customer.",
        responses=shapes.AuditPage,
    )
    def get(self, request: Request, customer_id: int) -> Response:
        entries = history_of(actor=self.actor, object_type="customer", object_id=customer_id)
        return self.show_page(shapes.AuditOut, Page(list(entries[:200]), None))
