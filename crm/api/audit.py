"""The audit trail."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from crm.api import shapes
from crm.api.base import PAGING, CrmView
from crm.models import AuditEntry
from crm.selectors.audit import AuditQuery, list_audit

_TEXTS = ("actor_id", "action", "object_type", "object_id", "operation", "run_id", "cursor")
_FILTERS = [OpenApiParameter(name, str) for name in _TEXTS if name != "cursor"]


class AuditList(CrmView):
    kind = AuditEntry
    actions = {"GET": "read"}

    @extend_schema(operation_id="audit_list", parameters=[*_FILTERS, *PAGING], responses=shapes.AuditPage)
    def get(self, request: Request) -> Response:
        query = AuditQuery(**{name: self.text(name) for name in _TEXTS}, size=self.size())
        return self.show_page(shapes.AuditOut, list_audit(actor=self.actor, query=query))
