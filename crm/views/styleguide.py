"""The gallery of the components that the pages are built of."""

from __future__ import annotations

from types import SimpleNamespace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from crm.actors import Actor
from crm.views.forms import Input
from crm.views.pages import page

_COLOURS = ("bg", "surface", "sunken", "border", "border-strong", "text", "muted", "accent", "accent-soft")
_TONES = ("ok", "warn", "danger", "info")
_FAMILIES = ("trigger", "crm", "decision", "flow", "ai", "people", "connect")
_STATES = ("PENDING", "RUNNING", "WAITING", "SUCCEEDED", "SKIPPED", "FAILED", "CANCELLED", "UNCERTAIN")
_SCORE = SimpleNamespace(
    probability=0.86,
    reasons=[
        {"field": "contract", "value": "Month-to-month", "contribution": 0.92},
        {"field": "tenure", "value": 2, "contribution": 0.61},
        {"field": "internet_service", "value": "Fiber optic", "contribution": 0.48},
        {"field": "tech_support", "value": True, "contribution": -0.22},
    ],
)
_INPUTS = (
    Input("sample-name", "Name", required=True, value="Wang Fang 王芳"),
    Input("sample-kind", "Kind", "select", (("person", "Person"), ("organisation", "Organisation")), value="person"),
    Input("sample-mail", "Email", "email", value="wang@", error="Enter a valid email address."),
    Input("sample-end", "End time", "datetime-local", help="Empty while the service has no end."),
)


@require_GET
@page
def styleguide(request: HttpRequest, actor: Actor) -> HttpResponse:
    context = {
        "colours": _COLOURS,
        "tones": _TONES,
        "families": _FAMILIES,
        "states": _STATES,
        "score": _SCORE,
        "labels": {"contract": "Contract", "tenure": "Months as a customer"},
        "inputs": _INPUTS,
        "values": (0.31, 0.35, 0.33, 0.42, 0.55, 0.61, 0.86),
        "risks": (0.12, 0.48, 0.86),
    }
    return render(request, "styleguide.html", context)
