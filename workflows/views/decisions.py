"""Steps that wait for a person's decision: the inbox, and one of them with its evidence."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import can
from crm.views.pages import page
from workflows.engine.decisions import Decision
from workflows.engine.refs import StepRef
from workflows.graph.document import DEFAULT_PORT
from workflows.models import Run
from workflows.selectors.decisions import evidence_of, list_to_decide
from workflows.selectors.runs import get_run
from workflows.services.runs import decide_step, read_verdict
from workflows.views.answers import back_with
from workflows.views.approvals import decision_tab


@require_GET
@page
def inbox(request: HttpRequest, actor: Actor) -> HttpResponse:
    context = {
        "listed": list_to_decide(actor=actor),
        **decision_tab(actor),
        "tab_decisions": True,
        "may_decide": can(actor, "retry", Run),
    }
    return render(request, "workflows/decisions/inbox.html", context)


@require_GET
@page
def detail(request: HttpRequest, actor: Actor, run_id: str, node: str, item: int) -> HttpResponse:
    return _show(request, actor, run_id, node, item)


@require_POST
@page
def decide(request: HttpRequest, actor: Actor, run_id: str, node: str, item: int) -> HttpResponse:
    """A person's word on a step that is theirs to decide."""
    run = get_run(actor=actor, run_id=run_id)
    posted = request.POST
    try:
        decision = Decision(
            read_verdict(posted.get("verdict", "")), by=actor.name, reason=posted.get("reason", "").strip()[:500],
            output=_read_output(posted.get("output", "")), port=posted.get("port") or DEFAULT_PORT,
        )  # fmt: skip
        decide_step(actor=actor, run=run, ref=StepRef(run.pk, node, item), decision=decision)
    except InvalidInput as error:
        return _show(request, actor, run_id, node, item, error.detail)
    except Conflict as error:
        return back_with(request, error, "run-detail", run.pk)
    messages.success(request, "Recorded; the run goes on.")
    return redirect("run-detail", run.pk)


def _read_output(text: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The output is not JSON: {error}", code="output_not_json") from error


def _show(request: HttpRequest, actor: Actor, run_id: Any, node: str, item: int, error: str = "") -> HttpResponse:
    found = evidence_of(actor=actor, run_id=run_id, node=node, item=item)
    verdicts = [
        ("retry", "Try it again", found.follows.retry),
        ("done", "It is done", found.follows.done),
        ("failed", "It failed", found.follows.failed),
    ] if found.follows else []  # fmt: skip
    context = {
        "found": found,
        "run": found.line.run,
        "given": None if found.given is None else json.dumps(found.given, indent=2, ensure_ascii=False),
        "verdicts": verdicts,
        "may_decide": found.is_open and can(actor, "retry", found.line.run),
        "posted": request.POST,
        "error": error,
    }
    return render(request, "workflows/decisions/detail.html", context, status=422 if error else 200)
