"""A few addresses that show what the middleware adds to any page."""

from __future__ import annotations

from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse
from django.urls import path

from crm import context


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{context.request_id.get()} {request.csp_nonce}")  # type: ignore[attr-defined]


def log_in(request: HttpRequest) -> HttpResponse:
    member = authenticate(request, username=request.GET["username"], password=request.GET["password"])
    if member is None:
        return HttpResponse(status=401)
    login(request, member)
    return HttpResponse()


urlpatterns = [
    path("page", page),
    path("admin/page", page),
    path("api/v1/page", page),
    path("login/", log_in),
    path("api/v1/auth/token", log_in),
]
