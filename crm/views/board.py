"""Service requests as a board: a column for each status."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm.actors import Actor
from crm.models import ServiceRequest
from crm.models.requests import RequestStatus
from crm.permissions import can
from crm.selectors import requests as reading
from crm.services.requests import move_request
from crm.views.pages import is_partial, page
from crm.views.requests import filters, read_query


@require_GET
@page
def board(request: HttpRequest, actor: Actor) -> HttpResponse:
    return _render(request, actor)


def _render(request: HttpRequest, actor: Actor) -> HttpResponse:
    query = read_query(request)
    context = {
        "columns": list(reading.board(actor=actor, query=query).items()),
        "query": query,
        "may_move": can(actor, "update", ServiceRequest),
        **filters(actor),
    }
    response = render(request, "crm/requests/columns.html" if is_partial(request) else "crm/board.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
@page
def move(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    """Into another column; from the request's own page, back to it."""
    moved = move_request(actor=actor, request_id=pk, status=request.POST.get("status", ""))
    if is_partial(request):
        return _render(request, actor)
    messages.success(request, _("Now: %s.") % RequestStatus(moved.status).label)
    return redirect("request-detail", pk)
