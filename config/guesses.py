"""Lets one password at a time be tried for a name, so that parallel guesses cannot outrun the count of failures."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse

from config import lockout

GetResponse = Callable[[HttpRequest], HttpResponse]
LOG_INS = {"/login/", "/admin/login/", "/api/v1/auth/token"}
LONGEST_BODY = 10_000


class OneGuessAtATimeMiddleware:
    """Axes looks at the count and raises it after the hashing; without a lock a hundred guesses pass in between."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = guessed_name(request)
        if not name:
            return self.get_response(request)
        try:
            with transaction.atomic():
                _queue_for(name)
                return self.get_response(request)
        except OperationalError:
            # Only the queue raises here: whatever a view raises is an answer by now.
            return lockout.refuse(request, None, None)


def guessed_name(request: HttpRequest) -> str:
    if request.method != "POST" or request.path not in LOG_INS:
        return ""
    if request.content_type != "application/json":
        return request.POST.get("username", "").casefold()
    try:
        sent = json.loads(request.body) if len(request.body) <= LONGEST_BODY else {}
    except ValueError:
        return ""
    name = sent.get("username") if isinstance(sent, dict) else None
    return name.casefold() if isinstance(name, str) else ""


def _queue_for(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"log-in {name}"])
