"""A few addresses that show what the middleware adds to any page."""

from __future__ import annotations

import json

from django.contrib.auth import authenticate, login
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from crm import context


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{context.request_id.get()} {request.csp_nonce}")  # type: ignore[attr-defined]


@csrf_exempt
def log_in(request: HttpRequest) -> HttpResponse:
    sent = json.loads(request.body) if request.content_type == "application/json" else request.POST
    member = authenticate(request, username=sent["username"], password=sent["password"])
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
