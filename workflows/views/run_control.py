"""Forms that pause and resume a run, take steps out of it and repeat it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import require
from crm.views.pages import page
from workflows.engine.leaving_out import readers_of
from workflows.engine.program import program_of
from workflows.models import Run
from workflows.selectors.repeats import plan_repeat, steps_to_repeat_from
from workflows.selectors.run_history import is_not_reached
from workflows.selectors.run_steps import steps_of
from workflows.selectors.runs import get_run, may_see_values, shown_state
from workflows.services.run_control import leave_out_step, pause_run, resume_run
from workflows.services.run_repeat import LATEST, SAME, repeat_run
from workflows.views.answers import back_with

MAX_INPUT = 1_000_000


@require_POST
@page
def pause(request: HttpRequest, actor: Actor, run_id: str) -> HttpResponse:
    run = get_run(actor=actor, run_id=run_id)
    try:
        pause_run(actor=actor, run=run)
    except Conflict as error:
        return back_with(request, error, "run-detail", run.pk)
    messages.success(
        request, f"Run {run.number} is paused. Steps under way finish, no other starts; a deadline goes on counting."
    )
    return redirect("run-detail", run.pk)


@require_POST
@page
def resume(request: HttpRequest, actor: Actor, run_id: str) -> HttpResponse:
    run = get_run(actor=actor, run_id=run_id)
    try:
        resume_run(actor=actor, run=run)
    except Conflict as error:
        return back_with(request, error, "run-detail", run.pk)
    messages.success(request, f"Run {run.number} goes on.")
    return redirect("run-detail", run.pk)


@require_GET
@page
def change(request: HttpRequest, actor: Actor, run_id: str) -> HttpResponse:
    """The steps that have not begun, each of which can be left out."""
    run = get_run(actor=actor, run_id=run_id)
    require(actor, "cancel", run)
    program = program_of(run.version_id, run.graph_id)
    steps = [
        {**step, "readers": readers_of(program, step["node"]), "out": step["node"] in program.left_out}
        for step in steps_of(actor=actor, run=run)
        if is_not_reached(step) and step["parent"] is None and not step["undoes"]
    ]
    context = {"run": run, "state": shown_state(run), "steps": steps}
    return render(request, "workflows/runs/change.html", context)


@require_POST
@page
def leave_out(request: HttpRequest, actor: Actor, run_id: str, node: str) -> HttpResponse:
    run = get_run(actor=actor, run_id=run_id)
    try:
        leave_out_step(actor=actor, run=run, node=node)
    except Conflict as error:
        return back_with(request, error, "run-change", run.pk)
    messages.success(request, "The run passes the step by.")
    return redirect("run-change", run.pk)


@require_http_methods(["GET", "POST"])
@page
def repeat(request: HttpRequest, actor: Actor, run_id: str) -> HttpResponse:
    run = get_run(actor=actor, run_id=run_id)
    require(actor, "retry", run)
    error = ""
    if request.method == "POST":
        try:
            fresh = _repeat(request, actor, run)
        except (Conflict, InvalidInput) as refused:
            error = refused.detail
        else:
            messages.success(request, f"Run {fresh.number} repeats run {run.number}.")
            return redirect("run-detail", fresh.pk)
    context = _repeat_context(request, actor, run) | {"error": error}
    return render(request, "workflows/runs/repeat.html", context, status=422 if error else 200)


def _repeat(request: HttpRequest, actor: Actor, run: Run) -> Run:
    posted = request.POST
    once = f"repeat:{posted.get('once', '')[:60] or uuid4().hex}"
    if posted.get("from"):
        return repeat_run(actor=actor, run=run, from_node=posted["from"], key=once)
    given = _read_input(posted.get("input", "")) if may_see_values(actor) else None
    return repeat_run(actor=actor, run=run, input=given, version=posted.get("version", SAME), key=once)


def _read_input(text: str) -> Any:
    if len(text) > MAX_INPUT:
        raise InvalidInput("The input is too long for a form. Start the run over the API.", code="input_too_long")
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"The input is not JSON: {error}", code="input_not_json") from error


def _repeat_context(request: HttpRequest, actor: Actor, run: Run) -> dict[str, Any]:
    chosen, problem, plan = request.GET.get("from", "") or request.POST.get("from", ""), "", None
    if chosen:
        try:
            plan = plan_repeat(run=run, from_node=chosen)
        except InvalidInput as error:
            problem = error.detail
    shown = json.dumps(run.input, indent=2, ensure_ascii=False) if may_see_values(actor) else ""
    return {
        "run": run,
        "state": shown_state(run),
        "starts": steps_to_repeat_from(run),
        "chosen": chosen,
        "plan": plan,
        "problem": problem,
        "input": request.POST.get("input", shown),
        "sees": may_see_values(actor),
        "latest": LATEST,
        "published": run.workflow.published,
        "once": uuid4().hex,
    }
