"""One customer from all sides: risk and reasons, timeline, profile, services, requests."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Activity, Customer, Service, ServiceRequest
from crm.models.activities import ActivityKind
from crm.panels import customer_panels
from crm.permissions import can
from crm.selectors.activities import timeline
from crm.selectors.customers import get_customer
from crm.selectors.fields import custom_fields
from crm.selectors.members import list_tags, newest_score, recent_risks
from crm.selectors.requests import RequestQuery, list_requests
from crm.selectors.services import ServiceQuery, list_services
from crm.services.activities import add_note, log_call
from crm.services.tags import tag_customers, untag_customers
from crm.views.forms import read_text
from crm.views.pages import is_partial, page

_KINDS = (
    ("", gettext_lazy("All")),
    (ActivityKind.NOTE, gettext_lazy("Notes")),
    (ActivityKind.CALL, gettext_lazy("Calls")),
    (ActivityKind.REQUEST, gettext_lazy("Requests")),
    (ActivityKind.SERVICE, gettext_lazy("Services")),
    (ActivityKind.SCORE, gettext_lazy("Scores")),
    (ActivityKind.WORKFLOW, gettext_lazy("Workflows")),
    (ActivityKind.CHANGE, gettext_lazy("Changes")),
)
_SHOWN = 6


@require_GET
@page
def detail(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    customer = get_customer(actor=actor, customer_id=pk)
    kind = request.GET.get("kind", "")
    page_of_timeline = timeline(actor=actor, customer_id=pk, kind=kind, cursor=request.GET.get("cursor", ""))
    context: dict[str, Any] = {"customer": customer, "page": page_of_timeline, "kind": kind, "kinds": _KINDS}
    template = "crm/customer.html"
    if is_partial(request):
        template = "crm/customer/entries.html" if request.GET.get("cursor") else "crm/customer/timeline.html"
    else:
        context |= _sides(actor, customer)
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _sides(actor: Actor, customer: Customer) -> dict[str, Any]:
    fields = custom_fields()
    return {
        "score": newest_score(actor=actor, customer_id=customer.pk),
        "risks": recent_risks(actor=actor, customer_id=customer.pk),
        "labels": {key: field.label for key, field in fields.items()},
        "profile": [(field.label, customer.custom.get(key)) for key, field in fields.items() if key in customer.custom],
        "services": list_services(actor=actor, query=ServiceQuery(customer=customer.pk, size=_SHOWN)),
        "requests": list_requests(actor=actor, query=RequestQuery(customer=customer.pk, size=_SHOWN)),
        "all_tags": list_tags(actor=actor),
        "panels": list(customer_panels(actor, customer)),
        "may_change": can(actor, "update", customer),
        "may_delete": can(actor, "delete", customer),
        "may_tag": can(actor, "tag", customer),
        "may_note": can(actor, "create", Activity) and can(actor, "update", customer),
        "may_ask": can(actor, "create", ServiceRequest),
        "may_serve": can(actor, "create", Service),
        "may_score": can(actor, "score", customer),
    }


@require_POST
@page
def add(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """A note or a call on the timeline."""
    text = read_text(request.POST, "text")
    try:
        if request.POST.get("kind") == ActivityKind.CALL:
            log_call(actor=actor, customer_id=pk, text=text, outcome=request.POST.get("outcome", ""))
        else:
            add_note(actor=actor, customer_id=pk, text=text)
        messages.success(request, _("Added to the timeline."))
    except InvalidInput as error:
        messages.error(request, error.detail)
    return redirect("customer-detail", pk)


@require_POST
@page
def tag(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    try:
        if "remove" in request.POST:
            untag_customers(actor=actor, customer_ids=[pk], tag=request.POST["remove"])
        else:
            tag_customers(actor=actor, customer_ids=[pk], tag=request.POST.get("tag", ""))
    except InvalidInput as error:
        messages.error(request, error.detail)
    return redirect("customer-detail", pk)
