"""The tests of a workflow, on the page of its versions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, RapportError
from crm.permissions import can
from crm.views.pages import page
from workflows.models import Workflow
from workflows.selectors.cases import get_case, visible_cases
from workflows.selectors.documents import draft_of
from workflows.selectors.runs import get_run, may_see_values, visible_runs
from workflows.selectors.workflows import get_workflow
from workflows.services.cases import delete_case, save_case, try_cases
from workflows.states import RunState
from workflows.views.answers import back_with

SHOWN_RUNS = 20


def about_cases(actor: Actor, workflow: Workflow, *, tried: bool) -> dict[str, Any]:
    """What the page shows of them; with `tried` they are carried out on the draft."""
    may_test = can(actor, "update", workflow) and may_see_values(actor)
    shown: dict[str, Any] = {"workflow": workflow, "may_test": may_test}
    results = {}
    if tried:
        try:
            document = draft_of(workflow)
            report = try_cases(actor=actor, workflow=workflow, document=document)
        except (Conflict, InvalidInput) as error:
            shown["broken"] = error.detail
        else:
            shown |= {"report": report, "coverage": report.coverage.in_words(document)}
            results = {result.name: result for result in report.results}
    ended = visible_runs(actor).filter(workflow=workflow, state__in=(RunState.SUCCEEDED, RunState.FAILED))
    shown["cases"] = [(case, results.get(case.name)) for case in visible_cases(actor, workflow)]
    shown["runs"] = ended.order_by("-id")[:SHOWN_RUNS] if may_test else []
    return shown


@require_POST
@page
def save(request: HttpRequest, actor: Actor, key: str) -> HttpResponse:
    workflow = get_workflow(actor=actor, key=key)
    try:
        run = get_run(actor=actor, run_id=request.POST.get("run", ""))
        case = save_case(actor=actor, run=run, name=request.POST.get("name", ""))
    except RapportError as error:
        return back_with(request, error, "workflow-versions", workflow.key)
    messages.success(request, f"Saved. “{case.name}” is carried out whenever this workflow is published.")
    return redirect("workflow-versions", workflow.key)


@require_POST
@page
def delete(request: HttpRequest, actor: Actor, key: str, case_id: int) -> HttpResponse:
    workflow = get_workflow(actor=actor, key=key)
    delete_case(actor=actor, case=get_case(actor=actor, workflow=workflow, case_id=case_id))
    messages.success(request, "Deleted.")
    return redirect("workflow-versions", workflow.key)
