"""Replays history under each strategy, because a person asked: a row holds the wish and its end, a worker does it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from agents.models import OPEN_SIMULATION, Simulation, SimulationState
from agents.planner.bounds import lower_bounds
from agents.planner.compare import compare
from agents.planner.dispatch import Strategy
from agents.selectors.replay import replay
from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from crm.permissions import require

logger = logging.getLogger(__name__)

UNHEARD = timedelta(seconds=10)  # the message was lost
LOST = timedelta(minutes=10)  # it takes seconds; its worker is gone
LOADS = (1, 10, 100, 1000)
DAYS = (1, 7, 30)
KEPT = 20


def simulate(*, days: int, load: float = 1.0, strategies: Sequence[Strategy] = tuple(Strategy)) -> dict[str, Any]:
    found = replay(days, load)
    result: dict[str, Any] = {"days": days, "load": load, "tasks": 0, "runs": 0, "cut": False, "outcomes": []}
    if found is None:
        return result
    return {
        **result,
        "tasks": len(found.case.tasks),
        "runs": found.runs,
        "cut": found.cut,
        "nodes": [{"name": node.name, "capacity": node.capacity} for node in found.case.nodes],
        "bound": lower_bounds(found.case).makespan,
        "outcomes": [one.as_dict() for one in compare(found.case, strategies)],
    }


def ask_for_simulation(*, actor: Actor, days: int, load: int) -> Simulation:
    require(actor, "simulate", "agent")
    if days not in DAYS or load not in LOADS:
        raise InvalidInput(f"Days are one of {DAYS}, the load one of {LOADS}.", code="bad_simulation")
    try:
        with transaction.atomic():
            simulation = Simulation.objects.create(asked_by_id=actor.member_id, days=days, load=load)
    except IntegrityError as error:
        raise Conflict("A simulation is under way. Wait for it to end.", code="simulation_goes_on") from error
    send = import_string(settings.BACKGROUND_DISPATCHER)
    transaction.on_commit(lambda: send("simulate", simulation.pk), robust=True)
    return simulation


def run_pending_simulations() -> int:
    """Takes up what nobody heard of, and gives up what lost its worker."""
    now = timezone.now()
    running = Simulation.objects.filter(state=SimulationState.RUNNING, started_at__lt=now - LOST)
    running.update(state=SimulationState.FAILED, error="Its worker was lost. Simulate again.", ended_at=now)
    queued = Simulation.objects.filter(state=SimulationState.QUEUED, asked_at__lt=now - UNHEARD)
    found = list(queued.values_list("pk", flat=True))
    for simulation_id in found:
        run_simulation(simulation_id)
    return len(found)


def run_simulation(simulation_id: int) -> None:
    """Does nothing where another worker took it."""
    queued = Simulation.objects.filter(pk=simulation_id, state=SimulationState.QUEUED)
    if not queued.update(state=SimulationState.RUNNING, started_at=timezone.now()):
        return
    asked = Simulation.objects.get(pk=simulation_id)
    try:
        result = simulate(days=asked.days, load=asked.load)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Simulation %s failed", simulation_id)
        _end(simulation_id, SimulationState.FAILED, error="Something went wrong. The log says more.")
    else:
        _end(simulation_id, SimulationState.DONE, result=result)
        kept = Simulation.objects.order_by("-pk").values_list("pk", flat=True)[:KEPT]
        Simulation.objects.exclude(pk__in=list(kept)).delete()


def _end(simulation_id: int, state: SimulationState, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    Simulation.objects.filter(pk=simulation_id, state__in=OPEN_SIMULATION).update(
        state=state, result=result, error=error[:500], ended_at=timezone.now()
    )
