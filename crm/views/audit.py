"""The audit trail, and the history of one record."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm import permissions
from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import AuditEntry
from crm.selectors.audit import AuditQuery, history_of, list_audit
from crm.selectors.fields import custom_fields
from crm.selectors.keyset import PAGE_SIZE
from crm.selectors.members import list_members
from crm.views.pages import page, render_list

_RECORDS = {"customer": "customer-detail", "service": "service-detail", "servicerequest": "request-detail"}
_KINDS = (
    "customer",
    "service",
    "servicerequest",
    "activity",
    "segment",
    "tag",
    "import",
    "customfield",
    "member",
    "team",
    "workflow",
    "version",
    "run",
    "approval",
    "agent",
    "connection",
    "churnmodel",
)
_MOST = 200


@require_GET
@page
def audit_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    permissions.require(actor, "read", AuditEntry)
    given = {key: request.GET.get(key, "").strip() for key in _FILTERS}
    if "\x00" in "".join(given.values()):
        raise InvalidInput("Remove the NUL character.")
    context = {
        "page": list_audit(actor=actor, query=AuditQuery(**given, size=PAGE_SIZE)),
        "query": given,
        "kinds": _KINDS,
        "members": list_members(actor=actor),
        **_names(actor),
        "is_filtered": any(value for key, value in given.items() if key != "cursor"),
    }
    return render_list(request, context, "crm/audit")


_FILTERS = ("actor_id", "action", "object_type", "object_id", "operation", "run_id", "cursor")


def _names(actor: Actor) -> dict[str, Any]:
    """What stands for keys and ids in the entries."""
    return {
        "labels": {key: field.label for key, field in custom_fields().items()},
        "member_names": {member.pk: str(member) for member in list_members(actor=actor)},
    }


@require_GET
@page
def history(request: HttpRequest, actor: Actor, object_type: str, pk: int) -> HttpResponse:
    if object_type not in _RECORDS:
        raise Http404
    entries = list(history_of(actor=actor, object_type=object_type, object_id=pk)[:_MOST])
    if not permissions.can(actor, "read", object_type):
        raise PermissionDenied
    context = {
        "entries": entries,
        "label": entries[0].object_label if entries else f"{object_type} {pk}",
        "back": _RECORDS[object_type],
        "pk": pk,
        **_names(actor),
    }
    return render(request, "crm/history.html", context)
