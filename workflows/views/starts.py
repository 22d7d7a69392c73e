"""Starts from other pages: runs for chosen customers, and starts that were refused."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from crm.actors import Actor
from crm.errors import RapportError
from crm.views.forms import read_ids
from crm.views.pages import page
from workflows.selectors.workflows import get_workflow
from workflows.services.chosen import start_for_customers
from workflows.services.refusals import drop_refused_start, retry_refused_start


@require_POST
@page
def run_for_customers(request: HttpRequest, actor: Actor) -> HttpResponse:
    try:
        runs = start_for_customers(
            actor=actor,
            workflow=get_workflow(actor=actor, key=request.POST.get("workflow", "")),
            customer_ids=read_ids(request.POST.getlist("customer")),
            once=request.POST.get("once", "")[:40],
        )
    except RapportError as error:
        messages.error(request, error.detail)
        return redirect(_back(request))
    if len(runs) == 1:
        return redirect("run-detail", runs[0].pk)
    messages.success(request, f"Started {len(runs)} runs.")
    return redirect(f"{reverse('run-list')}?workflow={runs[0].workflow.key}")


def _back(request: HttpRequest) -> str:
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("customer-list")


@require_POST
@page
def decide_refused(request: HttpRequest, actor: Actor, key: str, refused_id: int) -> HttpResponse:
    workflow = get_workflow(actor=actor, key=key)
    if request.POST.get("act") == "drop":
        drop_refused_start(actor=actor, workflow=workflow, refused_id=refused_id)
        messages.success(request, "Dropped. This run will not be started.")
    elif retry_refused_start(actor=actor, workflow=workflow, refused_id=refused_id):
        messages.success(request, "The run has started.")
    else:
        messages.error(request, "It was refused again; the reason is in the list.")
    return redirect("workflow-versions", key)
