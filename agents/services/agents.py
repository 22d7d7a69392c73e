"""Keeps agents: who they are, what they serve, and whether they are paused."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from agents import routing
from agents.models import Agent
from crm import audit
from crm.actors import Actor
from crm.errors import Conflict, NotFound
from crm.permissions import require
from crm.validation import Problems, clean_fields
from workflows import registry
from workflows.steps import Family

EVERYTHING = "*"


@dataclass(frozen=True)
class AgentSettings:
    name: str
    kinds: Collection[str]
    description: str = ""
    queue: str = ""  # empty: the name
    capacity: int = 1
    pool: str = "prefork"
    strategy: str = "predictive"


@transaction.atomic
def create_agent(*, actor: Actor, new: AgentSettings) -> Agent:
    require(actor, "create", "agent")
    agent = Agent(**_checked(new))
    if Agent.objects.filter(name=agent.name).exists() or Agent.objects.filter(queue=agent.queue).exists():
        raise Conflict("Another agent has this name or queue.", code="agent_exists")
    agent.save()
    audit.record_one(actor=actor, action="agent.create", target=agent, after=_values(agent))
    transaction.on_commit(routing.forget)
    return agent


@transaction.atomic
def update_agent(*, actor: Actor, agent_id: int, to: AgentSettings) -> Agent:
    """The name and the queue stay: workers and messages go by them. Capacity holds from a worker's next start."""
    require(actor, "update", "agent")
    agent = _locked(pk=agent_id)
    before = _values(agent)
    for name, value in _checked(to).items():
        if name not in ("name", "queue"):
            setattr(agent, name, value)
    agent.save()
    audit.record_one(actor=actor, action="agent.update", target=agent, before=before, after=_values(agent))
    transaction.on_commit(routing.forget)
    return agent


def pause_agent(*, actor: Actor, name: str) -> Agent:
    """The agent's workers finish what they have in hand and take nothing new."""
    return _set_paused(actor, name, paused=True)


def resume_agent(*, actor: Actor, name: str) -> Agent:
    return _set_paused(actor, name, paused=False)


@transaction.atomic
def _set_paused(actor: Actor, name: str, *, paused: bool) -> Agent:
    require(actor, "update", "agent")
    agent = _locked(name=name)
    if agent.paused != paused:
        agent.paused = paused
        agent.save(update_fields=["paused"])
        action = "agent.pause" if paused else "agent.resume"
        audit.record_one(
            actor=actor, action=action, target=agent, before={"paused": not paused}, after={"paused": paused}
        )
        transaction.on_commit(routing.forget)
    return agent


def _locked(**which: Any) -> Agent:
    agent = Agent.objects.select_for_update().filter(**which).first()
    if agent is None:
        raise NotFound("There is no such agent.")
    return agent


def _checked(given: AgentSettings) -> dict[str, Any]:
    problems = Problems()
    known = {EVERYTHING, *Family, *(one.key for one in registry.all_types())}
    for kind in given.kinds:
        if kind not in known:
            problems.add("kinds", f"There is no family or type of steps called {kind!r}.", "unknown_kind")
    if not given.kinds:
        problems.add("kinds", "Name at least one family or type of steps.", "required")
    if not 1 <= given.capacity <= 64:
        problems.add("capacity", "Between 1 and 64 steps at a time.", "out_of_range")
    values = {**asdict(given), "kinds": list(given.kinds), "queue": given.queue or given.name}
    plain = {name: value for name, value in values.items() if name != "kinds"}
    cleaned = clean_fields(Agent, plain, problems)
    problems.raise_if_any()
    return {**cleaned, "kinds": values["kinds"]}


def _values(agent: Agent) -> dict[str, Any]:
    names = ("name", "description", "kinds", "queue", "capacity", "pool", "strategy", "paused")
    return {name: getattr(agent, name) for name in names}
