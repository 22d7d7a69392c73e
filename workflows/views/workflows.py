"""The list of workflows, the designer's page, and the versions."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import can
from crm.views.pages import is_partial, page, render_list
from workflows.graph.document import MAX_BYTES
from workflows.models import Run, Workflow
from workflows.selectors.triggers import forms_of, next_times, refused_starts
from workflows.selectors.workflows import get_workflow, has_changes, list_workflows, rights_on, visible_versions
from workflows.services import workflows as drawing
from workflows.services.runs import start_run
from workflows.views.answers import back_with
from workflows.views.cases import about_cases

SHOWN_REFUSALS = 50


@require_GET
@page
def workflow_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    context = {
        "rows": list_workflows(actor=actor, search=search),
        "search": search,
        "may_create": can(actor, "create", Workflow),
        "may_switch": can(actor, "publish", Workflow),
        "may_run": can(actor, "run", Workflow),
    }
    return render_list(request, context, "workflows/list")


@require_POST
@page
def create(request: HttpRequest, actor: Actor) -> HttpResponse:
    try:
        workflow = drawing.create_workflow(actor=actor, name=request.POST.get("name", ""))
    except InvalidInput as error:
        return back_with(request, error, "workflow-list")
    return redirect("workflow-designer", workflow.key)


@require_POST
@page
def import_document(request: HttpRequest, actor: Actor) -> HttpResponse:
    try:
        workflow = drawing.import_document(actor=actor, document=_read_document(request))
    except InvalidInput as error:
        return back_with(request, error, "workflow-list")
    messages.success(request, f"Imported “{workflow.name}” as a draft.")
    return redirect("workflow-designer", workflow.key)


def _read_document(request: HttpRequest) -> object:
    """From the chosen file or else the pasted text."""
    file = request.FILES.get("file")
    if file is not None and (file.size or 0) > MAX_BYTES:
        raise InvalidInput(f"A workflow takes at most {MAX_BYTES:,} bytes.")
    text: str | bytes = file.read() if file is not None else request.POST.get("text", "")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("This is not JSON. Export a workflow to see what a document looks like.") from error


@require_GET
@ensure_csrf_cookie
@page
def designer(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    workflow = get_workflow(actor=actor, key=key)
    return render(request, "workflows/designer.html", {"workflow": workflow, "rights": rights_on(actor, workflow)})


@require_http_methods(["GET", "HEAD", "POST"])
@page
def versions(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    """To send to it carries the tests out: that is work, and nothing that merely follows links may cause it."""
    workflow = get_workflow(actor=actor, key=key)
    tests = about_cases(actor, workflow, tried=request.method == "POST")
    if is_partial(request):
        return render(request, "workflows/cases.html", tests)
    context = {
        **tests,
        "versions": visible_versions(actor, workflow),
        "has_changes": has_changes(workflow),
        "rights": rights_on(actor, workflow),
        "forms": forms_of(workflow),
        "next_times": next_times(workflow),
        "refused": refused_starts(workflow)[:SHOWN_REFUSALS],
        "refused_count": refused_starts(workflow).count(),
    }
    return render(request, "workflows/versions.html", context)


@require_POST
@page
def set_enabled(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    workflow = get_workflow(actor=actor, key=key)
    workflow = drawing.set_enabled(actor=actor, workflow=workflow, enabled=request.POST.get("enabled") == "on")
    if is_partial(request):
        return render(request, "workflows/list/switch.html", {"workflow": workflow, "may_switch": True})
    return redirect("workflow-list")


@require_POST
@page
def run_now(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    workflow = get_workflow(actor=actor, key=key)
    try:
        run: Run = start_run(actor=actor, workflow=workflow, input=_sample_of(workflow))
    except (Conflict, InvalidInput) as error:
        return back_with(request, error, "workflow-list")
    return redirect("run-detail", run.pk)


@require_POST
@page
def delete(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    workflow = get_workflow(actor=actor, key=key)
    try:
        drawing.delete_workflow(actor=actor, workflow=workflow)
    except (Conflict, InvalidInput) as error:
        return back_with(request, error, "workflow-versions", key)
    messages.success(request, f"Deleted “{workflow.name}”.")
    return redirect("workflow-list")


def _sample_of(workflow: Workflow) -> object:
    return (workflow.published.document.get("sample_input") if workflow.published else None) or {}
