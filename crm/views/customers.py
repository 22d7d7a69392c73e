"""The list of customers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Customer, CustomField, Lifecycle
from crm.models.fields import FieldType
from crm.panels import bulk_panels
from crm.permissions import can
from crm.selectors.customers import CustomerQuery, list_customers, read_query
from crm.selectors.fields import custom_fields
from crm.selectors.members import list_members, list_tags, list_teams
from crm.selectors.segments import list_segments
from crm.views.pages import is_partial, page, render_list
from crm.views.saved_views import views_of

_VIEWS = (
    (_("All"), ""),
    (_("Mine"), "owner=me"),
    (_("High risk"), "min_risk=0.7&sort=-risk"),
    (_("Newest"), "sort=-created"),
)
RISKS = (("0.3", "≥ 0.3"), ("0.5", "≥ 0.5"), ("0.7", "≥ 0.7"), ("0.8", "≥ 0.8"), ("0.9", "≥ 0.9"))


@require_GET
@page
def customer_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    query = read_query(request.GET.dict())
    panels = list(bulk_panels(actor))
    context: dict[str, Any] = {
        "bulk_panels": panels,
        "may_choose": bool(panels) or can(actor, "update", Customer),
        "page": list_customers(actor=actor, query=query),
        "query": query,
        "may_change": can(actor, "update", Customer),
        "may_create": can(actor, "create", Customer),
        "may_import": can(actor, "create", "import"),
        "is_filtered": any(key not in ("sort", "cursor") for key in request.GET),
    }
    if not is_partial(request):
        context |= _filters(actor, request) | {"views": views_of(request, actor, "customers", _VIEWS)}
    return render_list(request, context, "crm/customers")


def _filters(actor: Actor, request: HttpRequest) -> dict[str, Any]:
    fields = custom_fields()
    return {
        "lifecycles": Lifecycle.choices,
        "risks": RISKS,
        "members": list_members(actor=actor),
        "teams": list_teams(actor=actor),
        "tags": list_tags(actor=actor),
        "segments": list_segments(actor=actor),
        "choice_fields": [field for field in fields.values() if field.type in (FieldType.CHOICE, FieldType.BOOLEAN)],
        "number_fields": [field for field in fields.values() if field.type == FieldType.NUMBER],
        "used_fields": _used(request, fields),
    }


def _used(request: HttpRequest, fields: dict[str, CustomField]) -> int:
    """How many filters stand in the folded part."""
    return sum(1 for key, value in request.GET.items() if value and (key.startswith("custom.") or key == "team"))


@require_GET
@page
def choose(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Customers to choose from while a form asks whose record it makes; each leads back to `to`."""
    to = request.GET.get("to", "")
    if to not in (reverse("service-create"), reverse("request-create")):
        raise InvalidInput("There is no such form.")
    text = request.GET.get("search", "").strip()
    found = list_customers(actor=actor, query=CustomerQuery(search=text, size=8)).items if text else []
    return render(request, "crm/customers/choices.html", {"found": found, "to": to})
