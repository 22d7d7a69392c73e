"""What every page here shares: a member who is logged in, and errors turned into answers people can read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from crm.actors import Actor, actor_of
from crm.errors import NotAllowed, NotFound, RapportError
from crm.models import Member

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]


def page(view: View[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Gives the view its actor; what may not be seen is not there, and may not be done is refused."""

    @login_required
    @wraps(view)
    def shown(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        member = request.user
        if not isinstance(member, Member):
            raise PermissionDenied
        try:
            return view(request, actor_of(member), *args, **kwargs)
        except NotFound as error:
            raise Http404(error.detail) from error
        except NotAllowed as error:
            raise PermissionDenied(error.detail) from error

    return shown  # type: ignore[return-value]


def tell(request: HttpRequest, error: RapportError, to: str, *args: object) -> HttpResponse:
    """Back to a page that says what went wrong."""
    messages.error(request, error.detail)
    return redirect(to, *args)
