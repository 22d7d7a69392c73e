"""Tags, custom fields, members and teams."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm import permissions
from crm.api import shapes
from crm.api.base import CrmView
from crm.models import CustomField, Member, Tag, Team
from crm.models.fields import RecordKind
from crm.selectors.keyset import Page
from crm.selectors.members import list_members, list_tags, list_teams
from crm.services import fields, tags


class TagList(CrmView):
    kind = Tag
    actions = {"GET": "read", "POST": "create"}

    @extend_schema(operation_id="tags_list", responses=shapes.TagPage)
    def get(self, request: Request) -> Response:
        return self.show_page(shapes.TagOut, Page(list(list_tags(actor=self.actor)), None))

    @extend_schema(operation_id="tags_create", request=shapes.TagIn, responses={201: shapes.TagOut})
    def post(self, request: Request) -> Response:
        return self.show(shapes.TagOut, tags.create_tag(actor=self.actor, **self.read(shapes.TagIn)), 201)


class TagDetail(CrmView):
    kind = Tag
    actions = {"PATCH": "update", "DELETE": "delete"}

    @extend_schema(operation_id="tags_update", request=shapes.TagIn, responses=shapes.TagOut)
    def patch(self, request: Request, tag_id: int) -> Response:
        return self.show(shapes.TagOut, tags.rename_tag(actor=self.actor, tag_id=tag_id, **self.read(shapes.TagIn)))

    @extend_schema(operation_id="tags_delete", responses={204: None})
    def delete(self, request: Request, tag_id: int) -> Response:
        tags.delete_tag(actor=self.actor, tag_id=tag_id)
        return Response(status=204)


class FieldList(CrmView):
    kind = CustomField
    actions = {"GET": "read", "POST": "create"}

    @extend_schema(
        operation_id="fields_list",
        parameters=[OpenApiParameter("record", str, enum=RecordKind.values)],
        responses=shapes.FieldPage,
    )
    def get(self, request: Request) -> Response:
        rows = permissions.scope(self.actor, CustomField.objects.all())
        if self.text("record"):
            rows = rows.filter(record=self.text("record"))
        return self.show_page(shapes.FieldOut, Page(list(rows), None))

    @extend_schema(operation_id="fields_create", request=shapes.FieldIn, responses={201: shapes.FieldOut})
    def post(self, request: Request) -> Response:
        new = fields.NewField(**self.read(shapes.FieldIn))
        return self.show(shapes.FieldOut, fields.create_field(actor=self.actor, new=new), 201)


class MemberList(CrmView):
    kind = Member
    actions = {"GET": "read"}

    @extend_schema(operation_id="members_list", responses=shapes.MemberPage)
    def get(self, request: Request) -> Response:
        return self.show_page(shapes.MemberOut, Page(list(list_members(actor=self.actor)), None))


class TeamList(CrmView):
    kind = Team
    actions = {"GET": "read"}

    @extend_schema(operation_id="teams_list", responses=shapes.TeamPage)
    def get(self, request: Request) -> Response:
        return self.show_page(shapes.LabelledId, Page(list(list_teams(actor=self.actor)), None))
