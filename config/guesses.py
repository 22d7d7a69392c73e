"""Lets one password at a time be tried for a name, so that parallel guesses cannot outrun the count of failures."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse

from config import lockout

GetResponse = Callable[[HttpRequest], HttpResponse]
LOG_INS = {"/login/", "/admin/login/", "/api/v1/auth/token"}
LONGEST_COUNTED = 255


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
    # The API reads a body of any size, whatever type it claims, as JSON; so it is read so here.
    name = _name_in_json(request.body) if request.path.startswith("/api/") else request.POST.get("username", "")
    # One name is one queue, however it is written; what is no text is left to the checks of the log-in.
    written = name.replace("\x00", "").encode(errors="ignore").decode()
    return unicodedata.normalize("NFKC", written).strip().casefold()


def counted_name(request: HttpRequest, credentials: Mapping[str, str] | None) -> str | None:
    """The name that failures are counted under; the log-in form sets no limit to it, and its column does."""
    name = credentials.get("username") if credentials else request.POST.get("username")
    return name and name[:LONGEST_COUNTED]


def _name_in_json(body: bytes) -> str:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    name = sent.get("username") if isinstance(sent, dict) else None
    return name if isinstance(name, str) else ""


def _queue_for(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"log-in {name}"])
