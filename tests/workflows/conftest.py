"""Members of each role, and step types small enough to read, registered for the tests of workflows."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from crm.actors import Actor, actor_of
from crm.models import Member
from crm.models.members import Role
from workflows.models import Run, Workflow
from workflows.services.workflows import create_workflow

MakeWorkflow = Callable[..., Workflow]


def member(name: str, role: Role) -> Member:
    return Member.objects.create_user(username=name, password="rapport-demo", role=role, first_name=name.title())


@pytest.fixture
def actors(db: None) -> Callable[[str], Actor]:
    """The actor of a role, made on first use."""
    known: dict[str, Actor] = {}

    def actor(role: str) -> Actor:
        if role not in known:
            known[role] = actor_of(member(role, Role(role)))
        return known[role]

    return actor


def member_of(actor: Actor) -> Member:
    return Member.objects.get(pk=actor.member_id or 0)


def output_of(run_id: Any) -> Any:
    return Run.objects.get(pk=run_id).output


@pytest.fixture
def builder(actors: Callable[[str], Actor]) -> Actor:
    return actors("builder")


@pytest.fixture
def manager(actors: Callable[[str], Actor]) -> Actor:
    return actors("manager")


@pytest.fixture
def viewer(actors: Callable[[str], Actor]) -> Actor:
    return actors("viewer")


def chain(*steps: dict[str, Any], name: str = "Greet") -> dict[str, Any]:
    """Steps one after the other."""
    ids = [step["id"] for step in steps]
    edges = [{"from": before, "to": after} for before, after in pairwise(ids)]
    return {"name": name, "nodes": list(steps), "edges": edges}


GREET = chain(
    {"id": "start", "type": "trigger_person"},
    {"id": "greet", "type": "set_values", "config": {"values": {"text": "Hello {{ input.name }}"}}},
)


@pytest.fixture
def workflow(builder: Actor) -> Workflow:
    return create_workflow(actor=builder, name="Greet", document=GREET)
