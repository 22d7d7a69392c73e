"""Public forms at /f/<token>/: no log-in and no JavaScript needed."""

from __future__ import annotations

from typing import Any

from axes.helpers import get_client_ip_address
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from crm.errors import InvalidInput, NotFound, RapportError
from workflows.forms import fields_of, read_answers
from workflows.models import Trigger
from workflows.services.forms import MAX_BYTES, Stale, find_form, new_once, schema_of, submit_form
from workflows.services.hooks import TooLarge
from workflows.views.approvals import Question

ANSWER = "answer-"
# People do not see this field; programs fill in whatever they find.
TRAP = "website"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, token: str) -> HttpResponse:
    try:
        trigger = find_form(token)
        if _needs_log_in(request, trigger):
            return redirect_to_login(request.path)
        return _send(request, trigger) if request.method == "POST" else _page(request, trigger)
    except RapportError as error:
        return _refused(request, error)


@never_cache
@require_GET
def thanks(request: HttpRequest, token: str) -> HttpResponse:
    try:
        trigger = find_form(token)
    except RapportError as error:
        return _refused(request, error)
    if _needs_log_in(request, trigger):
        return redirect_to_login(request.path)
    return _answer(request, {"form": trigger.config, "done": True})


def _needs_log_in(request: HttpRequest, trigger: Trigger) -> bool:
    return trigger.config["members_only"] and not request.user.is_authenticated


def _send(request: HttpRequest, trigger: Trigger) -> HttpResponse:
    if int(request.headers.get("content-length") or 0) > MAX_BYTES:
        raise TooLarge("This is more than a form takes. Shorten your answers.")
    answers = _answers(request, trigger)
    if not request.POST.get(TRAP):
        try:
            submit_form(
                trigger=trigger,
                answers=answers,
                once=request.POST.get("once", ""),
                by=str(request.user) if request.user.is_authenticated else "",
                address=get_client_ip_address(request) or "",
            )
        except (InvalidInput, Stale) as error:
            return _page(request, trigger, answers, error)
    return redirect("form-thanks", trigger.token)


def _answers(request: HttpRequest, trigger: Trigger) -> dict[str, Any]:
    posted = {key.removeprefix(ANSWER): text for key, text in request.POST.items() if key.startswith(ANSWER)}
    return read_answers(schema_of(trigger), {key: str(text) for key, text in posted.items()})


def _page(
    request: HttpRequest, trigger: Trigger, answers: dict[str, Any] | None = None, error: RapportError | None = None
) -> HttpResponse:
    faults = {fault["field"]: fault["message"] for fault in error.errors} if error else {}
    given = answers or {}
    fields = fields_of(schema_of(trigger))
    # A page that is sent again with its faults mended is the same page; one that is too old gets a fresh number.
    again = request.POST.get("once") if isinstance(error, InvalidInput) else None
    context = {
        "form": trigger.config,
        "questions": [Question(one, given.get(one.name, one.default), faults.get(one.name, "")) for one in fields],
        "once": again or new_once(trigger),
        "error": error.detail if error else "",
        "may_decide": True,
    }
    return _answer(request, context, status=error.status if error else 200)


def _refused(request: HttpRequest, error: RapportError) -> HttpResponse:
    title = "There is no such form" if isinstance(error, NotFound) else error.title
    return _answer(request, {"form": {"title": title}, "refused": error.detail}, status=error.status)


def _answer(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    response = render(request, "workflows/form.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response
