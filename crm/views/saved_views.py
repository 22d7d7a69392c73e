"""Views of a list: those that everybody has, and those that the member saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crm.actors import Actor
from crm.errors import InvalidInput
from crm.selectors.members import list_views
from crm.services.views import delete_view, save_view
from crm.views.pages import page

# The lists that have views, and the addresses that they go back to.
_PAGES = {"customers": "customer-list", "services": "service-list", "requests": "request-list"}


@dataclass(frozen=True)
class View:
    name: Any
    query: str
    current: bool
    pk: int | None = None  # of a saved one


def views_of(request: HttpRequest, actor: Actor, page_name: str, fixed: tuple[tuple[Any, str], ...]) -> list[View]:
    """In their order, with the one that the address shows now marked."""
    here = _normal(request.GET.urlencode())
    found = [View(name, query, _normal(query) == here) for name, query in fixed]
    saved = list_views(actor=actor, page=page_name)
    return found + [View(view.name, view.query, _normal(view.query) == here, view.pk) for view in saved]


def _normal(query: str) -> str:
    """Without what says nothing: empty values and where in the list one is."""
    return urlencode(sorted((key, value) for key, value in parse_qsl(query) if key != "cursor"))


@require_POST
@page
def save(request: HttpRequest, actor: Actor) -> HttpResponse:
    page_name, query = request.POST.get("page", ""), _normal(request.POST.get("query", ""))
    if page_name not in _PAGES:
        raise InvalidInput("There is no such list.")
    try:
        view = save_view(actor=actor, page=page_name, name=request.POST.get("name", ""), query=query)
        messages.success(request, _("Saved the view “%s”.") % view.name)
    except InvalidInput as error:
        messages.error(request, error.detail)
    return redirect(f"{reverse(_PAGES[page_name])}?{query}")


@require_POST
@page
def delete(request: HttpRequest, actor: Actor, pk: int) -> HttpResponse:
    delete_view(actor=actor, view_id=pk)
    messages.success(request, _("Removed the view."))
    return redirect(_PAGES.get(request.POST.get("page", ""), "home"))
