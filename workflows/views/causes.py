"""Failed runs by cause, and what is done to many runs at once."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import can
from crm.views.pages import is_partial, page
from workflows.api.run_operations import read_mapping
from workflows.models import Run, Workflow
from workflows.selectors.causes import DAYS, MOST, failed_by_cause, latest_batches
from workflows.selectors.in_flight import batches_of, preview
from workflows.selectors.workflows import get_workflow
from workflows.services.in_flight import choose_for_runs_in_flight
from workflows.services.run_batches import retry_all
from workflows.views.answers import back_with


@require_GET
@page
def causes(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Alone, or as a panel of the list of runs."""
    key = request.GET.get("workflow", "")
    workflow = get_workflow(actor=actor, key=key) if key else None
    found = failed_by_cause(actor=actor, workflow=workflow)
    batches = latest_batches(actor=actor)
    context = {
        "found": found,
        "batches": batches,
        "is_open": any(batch.is_open for batch in batches),
        "may_retry": can(actor, "retry", Run),
        "workflow": workflow,
        "days": DAYS,
        "most": MOST,
    }
    template = "workflows/runs/causes_panel.html" if is_partial(request) else "workflows/causes.html"
    return render(request, template, context)


@require_POST
@page
def retry(request: HttpRequest, actor: Actor) -> HttpResponse:
    workflow = get_workflow(actor=actor, key=request.POST.get("workflow", ""))
    node, code = request.POST.get("node", "")[:60], request.POST.get("code", "")[:100]
    try:
        batch = retry_all(actor=actor, workflow=workflow, node=node, code=code)
    except Conflict as error:
        return back_with(request, error, "run-causes")
    messages.success(request, f"{batch.total:,} runs are being retried, each once.")
    return redirect("run-causes")


@require_GET
@page
def in_flight(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """Open runs on older versions, with whether each can be moved, and the choice of what becomes of them."""
    workflow = get_workflow(actor=actor, key=key)
    return _show_in_flight(request, actor, workflow, request.GET.get("mapping", ""))


@require_POST
@page
def choose(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    workflow = get_workflow(actor=actor, key=key)
    text = request.POST.get("mapping", "")
    try:
        batch = choose_for_runs_in_flight(
            actor=actor, workflow=workflow, choice=request.POST.get("choice", ""), mapping=read_mapping(text)
        )
    except (Conflict, InvalidInput) as error:
        return _show_in_flight(request, actor, workflow, text, error.detail)
    if batch:
        messages.success(request, f"{batch.total:,} runs are being treated.")
    else:
        messages.info(request, "Nothing was changed; the runs finish on the versions that they began with.")
    return redirect("workflow-in-flight", workflow.key)


def _show_in_flight(
    request: HttpRequest, actor: Actor, workflow: Workflow, mapping: str, error: str = ""
) -> HttpResponse:
    try:
        read = read_mapping(mapping)
    except InvalidInput as refused:
        read, error = {}, error or refused.detail
    found = preview(actor=actor, workflow=workflow, mapping=read)
    batches = batches_of(actor=actor, workflow=workflow)
    context = {
        "workflow": workflow,
        "found": found,
        "movable": sum(one.can_move for one in found.runs),
        "mapping": mapping,
        "error": error,
        "batches": batches,
        "is_open": any(batch.is_open for batch in batches),
        "may_choose": can(actor, "publish", workflow),
    }
    return render(request, "workflows/in_flight.html", context, status=422 if error else 200)
