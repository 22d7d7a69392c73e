"""Answers a locked-out log-in: 429, and when to try again."""

from __future__ import annotations

from typing import Any

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def refuse(request: HttpRequest, response: HttpResponse | None, credentials: dict[str, Any] | None) -> HttpResponse:
    cool_off = get_cool_off(request)
    seconds = int(cool_off.total_seconds()) if cool_off else 900
    minutes = -(-seconds // 60)
    if request.path.startswith("/api/"):
        answer: HttpResponse = JsonResponse(_problem(minutes), status=429, content_type="application/problem+json")
    else:
        answer = render(request, "locked_out.html", {"minutes": minutes, "code": 429}, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


def _problem(minutes: int) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": "Too many log-ins",
        "status": 429,
        "detail": f"Too many wrong passwords. Try again in {minutes} minutes.",
        "code": "too_many_logins",
    }
