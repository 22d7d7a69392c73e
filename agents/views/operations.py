"""The Operations page: agents, their workers and queues, and what fails."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.models import Agent
from agents.selectors.operations import agent_figures, failures_by_cause, troubles
from agents.services.agents import pause_agent, resume_agent
from crm.actors import Actor
from crm.permissions import can, require
from crm.views.pages import is_partial, page

FAILURES_OF = timedelta(hours=24)


@require_GET
@page
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, "read", Agent)
    figures = agent_figures()
    context = {
        "agents": figures,
        "troubles": troubles(figures),
        "causes": failures_by_cause(timezone.now() - FAILURES_OF) if can(actor, "read", "run") else (),
        "may_pause": can(actor, "update", Agent),
        "sandbox": bool(settings.SANDBOX_URL),
    }
    name = "agents/operations/now.html" if is_partial(request) else "agents/operations.html"
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
@page
def pause(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    agent = pause_agent(actor=actor, name=name)
    messages.success(request, _("%s finishes what it has in hand and takes nothing new.") % agent.name)
    return redirect("operations")


@require_POST
@page
def resume(request: HttpRequest, actor: Actor, name: str) -> HttpResponse:
    agent = resume_agent(actor=actor, name=name)
    messages.success(request, _("%s goes on.") % agent.name)
    return redirect("operations")
