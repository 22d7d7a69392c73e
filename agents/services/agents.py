"""Pauses agents and lets them go on."""

from __future__ import annotations

from django.db import transaction

from agents import routing
from agents.models import Agent
from crm import audit
from crm.actors import Actor
from crm.errors import NotFound
from crm.permissions import require


def pause_agent(*, actor: Actor, name: str) -> Agent:
    """The agent's workers finish what they have in hand and take nothing new."""
    return _set_paused(actor, name, paused=True)


def resume_agent(*, actor: Actor, name: str) -> Agent:
    return _set_paused(actor, name, paused=False)


@transaction.atomic
def _set_paused(actor: Actor, name: str, *, paused: bool) -> Agent:
    require(actor, "update", "agent")
    agent = Agent.objects.select_for_update().filter(name=name).first()
    if agent is None:
        raise NotFound(f"There is no agent {name!r}.")
    if agent.paused != paused:
        agent.paused = paused
        agent.save(update_fields=["paused"])
        action = "agent.pause" if paused else "agent.resume"
        audit.record_one(
            actor=actor, action=action, target=agent, before={"paused": not paused}, after={"paused": paused}
        )
        transaction.on_commit(routing.forget)
    return agent
