"""The agents that every installation starts with, and the connections of the demo."""

from __future__ import annotations

from agents import routing
from agents.models import Agent, Connection
from agents.models.connections import ConnectionKind
from agents.services.connections import save_connection
from crm import audit
from crm.actors import Actor

AGENTS = (
    {
        "name": "clerk",
        "description": "Keeps the CRM: records, decisions, questions to people.",
        "kinds": ["trigger", "crm", "decision", "flow", "people"],
        "queue": "clerk",
        "capacity": 2,
        "pool": "prefork",
    },
    {
        "name": "scorer",
        "description": "Scores customers and trains models.",
        "kinds": ["ai"],
        "queue": "scorer",
        "capacity": 1,
        "pool": "prefork",
    },
    {
        "name": "messenger",
        "description": "Reaches outside: mail, other systems, payments.",
        "kinds": ["connect"],
        "queue": "messenger",
        "capacity": 4,
        "pool": "threads",
    },
)


_CONNECTIONS = (
    ("payments", ConnectionKind.PAYMENT),
    ("mail", ConnectionKind.SMTP),
    ("warehouse", ConnectionKind.HTTP),
)


def create_first_agents(*, actor: Actor) -> None:
    for wanted in AGENTS:
        agent, is_new = Agent.objects.get_or_create(name=wanted["name"], defaults=dict(wanted))
        if is_new:
            audit.record_one(actor=actor, action="agent.create", target=agent, after=dict(wanted))
    routing.forget()


def load_demo_agents(*, actor: Actor) -> None:
    create_first_agents(actor=actor)
    for name, kind in _CONNECTIONS:
        if not Connection.objects.filter(name=name).exists():
            save_connection(actor=actor, name=name, kind=kind, options={"sandbox": True})
