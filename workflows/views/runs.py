"""The list of runs, and the page of one."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from crm.actors import Actor
from crm.errors import Conflict
from crm.permissions import can
from crm.views.pages import is_partial, page, render_list
from workflows.models import ApprovalState, Run
from workflows.selectors.approvals import visible_approvals
from workflows.selectors.decisions import list_to_decide
from workflows.selectors.repeats import retried_as
from workflows.selectors.run_history import history_of_run, repeated_run, undoing
from workflows.selectors.run_steps import steps_of
from workflows.selectors.runs import PAUSED, SHOWN_STATES, RunFilter, get_run, list_runs, shown_state
from workflows.selectors.workflows import get_workflow, visible_workflows
from workflows.services.runs import cancel_run
from workflows.states import RunState
from workflows.views.answers import back_with

WAITS_SHOWN = 5


@require_GET
@page
def run_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    key, state = request.GET.get("workflow", ""), request.GET.get("state", "")
    number = request.GET.get("number", "").lstrip("#")
    where = RunFilter(
        workflow=get_workflow(actor=actor, key=key) if key else None,
        state=state if state in SHOWN_STATES else "",
        number=int(number) if number.isascii() and number.isdigit() and len(number) < 19 else None,
        before=request.GET.get("cursor", ""),
    )
    found = list_runs(actor=actor, where=where)
    context = {
        "rows": [{"run": run, "state": shown_state(run), "took": took(run)} for run in found.runs],
        "next": found.next,
        "workflows": visible_workflows(actor).order_by("name"),
        "states": [(value, value.replace("_", " ").capitalize()) for value in SHOWN_STATES],
        "workflow": where.workflow,
        "state": where.state,
        "number": request.GET.get("number", ""),
        "filtered": bool(key or where.state or number),
    }
    return render_list(request, context, "workflows/runs")


@require_GET
@ensure_csrf_cookie
@page
def run_detail(request: HttpRequest, actor: Actor, run_id: str) -> HttpResponse:
    run = get_run(actor=actor, run_id=run_id)
    steps = steps_of(actor=actor, run=run)
    asked = visible_approvals(actor).filter(run_id=run.pk, state=ApprovalState.OPEN).first()
    state = shown_state(run)
    is_open = run.state == RunState.RUNNING
    context = {
        "run": run,
        "state": state,
        "took": took(run),
        "steps": steps,
        "undoing": undoing(run, steps),
        "waits": [_with_links(step) for step in steps if step["wait"]][:WAITS_SHOWN] if is_open else [],
        "approval": asked.pk if asked else None,
        "failed_step": next((step["label"] for step in steps if step["node"] == (run.error or {}).get("node")), ""),
        "to_decide": list_to_decide(actor=actor, run=run) if is_open else [],
        "history": history_of_run(run),
        "repeats": repeated_run(run),
        "retried": None if is_open else retried_as(run),
        "may_cancel": is_open and not run.ending and can(actor, "cancel", run),
        "may_pause": is_open and state != PAUSED and can(actor, "cancel", run),
        "may_resume": state == PAUSED and can(actor, "cancel", run),
        "may_change": is_open and not run.ending and can(actor, "cancel", run),
        "may_repeat": can(actor, "retry", run),
    }
    return render(request, "workflows/runs/facts.html" if is_partial(request) else "workflows/run.html", context)


def _with_links(step: dict[str, Any]) -> dict[str, Any]:
    """Why it waits in pieces, of which the numbers of runs lead to these."""
    runs = {f"#{run['number']}": run["id"] for run in step["wait_runs"]}
    return {**step, "pieces": [(piece, runs.get(piece)) for piece in re.split(r"(#\d+)", step["wait"])]}


def took(run: Run) -> str:
    """How long the run took, or has been going on."""
    seconds = max(0.0, ((run.finished_at or timezone.now()) - run.created_at).total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


@require_POST
@page
def cancel(request: HttpRequest, actor: Actor, run_id: str) -> HttpResponse:
    run = get_run(actor=actor, run_id=run_id)
    try:
        cancel_run(actor=actor, run=run)
    except Conflict as error:
        return back_with(request, error, "run-detail", run.pk)
    messages.success(request, f"Run {run.number} is cancelled; no step of it starts any more.")
    return redirect("run-detail", run.pk)
