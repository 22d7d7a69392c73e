"""The home page: what needs the member, the figures, what happened last."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from crm.actors import Actor
from crm.models import Customer
from crm.panels import home_panels
from crm.permissions import can
from crm.selectors.customers import CustomerQuery, list_customers
from crm.selectors.figures import HIGH_RISK, home_figures, last_happenings
from crm.selectors.requests import RequestQuery, list_requests
from crm.views.pages import page

_SHOWN = 8


@require_GET
@page
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    to_call = CustomerQuery(min_risk=HIGH_RISK, sort="-risk", size=_SHOWN)
    mine = RequestQuery(assignee="me", status="unresolved", size=_SHOWN)
    context = {
        "greeting": _greeting(timezone.localtime().hour),
        "figures": home_figures(actor=actor),
        "high_risk": HIGH_RISK,
        "panels": list(home_panels(actor)),
        "to_call": list_customers(actor=actor, query=to_call).items,
        "my_requests": list_requests(actor=actor, query=mine).items,
        "happenings": last_happenings(actor=actor),
        "may_create": can(actor, "create", Customer),
        "may_import": can(actor, "create", "import"),
    }
    return render(request, "crm/home.html", context)


def _greeting(hour: int) -> object:
    if hour < 12:
        return _("Good morning")
    return _("Good afternoon") if hour < 18 else _("Good evening")
