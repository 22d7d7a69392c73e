"""What every page shares: a member who is logged in, and errors turned into answers that people can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from crm.actors import Actor, actor_of
from crm.errors import NotAllowed, NotFound, RapportError
from crm.models import Member

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]


def page(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Gives the view its actor; what may not be seen is not there, and what may not be done is refused."""

    @login_required
    @wraps(view)
    def shown(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, actor_on(request), *args, **kwargs)
        except NotFound as error:
            raise Http404(error.detail) from error
        except NotAllowed as error:
            raise PermissionDenied(error.detail) from error
        except RapportError as error:
            return render(request, "errors/refused.html", {"error": error}, status=error.status)

    return shown  # type: ignore[return-value]


def actor_on(request: HttpRequest) -> Actor:
    """Who asks; read once a request."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        if not isinstance(request.user, Member):
            raise PermissionDenied
        actor = actor_of(request.user)
        request.actor = actor  # type: ignore[attr-defined]
    return actor


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page. One that it restores from history is asked for whole."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def render_list(request: HttpRequest, context: Mapping[str, Any], name: str) -> HttpResponse:
    """The page; for htmx its results, or, after a cursor, the next rows alone."""
    template = f"{name}.html"
    if is_partial(request):
        template = f"{name}/rows.html" if request.GET.get("cursor") else f"{name}/results.html"
    response = render(request, template, dict(context))
    patch_vary_headers(response, ["HX-Request"])
    return response
