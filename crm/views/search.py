"""The search over everything that the member may read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.actors import Actor
from crm.selectors.customers import CustomerQuery, list_customers
from crm.selectors.requests import RequestQuery, list_requests
from crm.selectors.services import ServiceQuery, list_services
from crm.views.pages import page

_EACH = 10


@require_GET
@page
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:200]
    context: dict[str, object] = {"global_search": text}
    if text:
        context |= {
            "customers": list_customers(actor=actor, query=CustomerQuery(search=text, size=_EACH)),
            "requests": list_requests(actor=actor, query=RequestQuery(search=text, size=_EACH)),
            "services": list_services(actor=actor, query=ServiceQuery(search=text, size=_EACH)),
        }
    return render(request, "crm/search.html", context)
