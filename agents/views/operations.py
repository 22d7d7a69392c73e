"""The Operations page: agents, their workers and queues, and what fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from agents.models import OPEN_SIMULATION, Agent
from agents.selectors.figures import Period, latest_result, latest_simulation, read_period
from agents.selectors.operations import agent_figures, failures_by_cause, troubles
from agents.services.agents import pause_agent, resume_agent
from agents.services.simulations import DAYS, LOADS, ask_for_simulation
from agents.views.measures import compared, shown_figures
from crm.actors import Actor
from crm.errors import Conflict
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
    if not is_partial(request):
        context |= {**_figures(), **_scheduling(actor)}
    name = "agents/operations/now.html" if is_partial(request) else "agents/operations.html"
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _figures() -> dict[str, Any]:
    period: Period = read_period()
    return {"period": period, "figures": shown_figures(period)}


def _scheduling(actor: Actor) -> dict[str, Any]:
    latest, done = latest_simulation(), latest_result()
    return {
        "simulation": latest,
        "simulated": done,
        "is_simulating": latest is not None and latest.state in OPEN_SIMULATION,
        "compared": compared(done.result) if done and done.result else (),
        "may_simulate": can(actor, "simulate", Agent),
        "days": DAYS,
        "loads": LOADS,
    }


@require_GET
@page
def figures(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, "read", Agent)
    return render(request, "agents/operations/figures.html", _figures())


@require_GET
@page
def scheduling(request: HttpRequest, actor: Actor) -> HttpResponse:
    require(actor, "read", Agent)
    return render(request, "agents/operations/scheduling.html", _scheduling(actor))


@require_POST
@page
def simulate(request: HttpRequest, actor: Actor) -> HttpResponse:
    days, load = (_number(request.POST.get(name, "")) for name in ("days", "load"))
    try:
        ask_for_simulation(actor=actor, days=days, load=load)
    except Conflict as error:
        messages.info(request, error.detail)
    return redirect("operations")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


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
