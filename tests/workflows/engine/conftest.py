"""A small workflow, published and run by a worker in this process, against real Postgres."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from agents import executor
from agents.worker import STRANGER
from crm.actors import Actor, actor_of
from crm.models import Member, Role
from tests.workflows.engine import kinds
from workflows import registry
from workflows.engine.line import Strategy, next_steps
from workflows.engine.sweep import sweep
from workflows.models import Run, Step, StepResult, Workflow
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document

Publish = Callable[..., Workflow]
Start = Callable[..., Run]


@pytest.fixture(autouse=True)
def _kinds() -> None:
    kinds.register()
    kinds.sent.clear()
    kinds.calls.clear()
    kinds.happened.clear()


@pytest.fixture
def manager(transactional_db: None) -> Actor:
    return actor_of(Member.objects.create_user("meg", "meg@example.com", "x", role=Role.MANAGER))


@pytest.fixture
def published(manager: Actor) -> Publish:
    """Publishes nodes ({id: (type, config)} or whole nodes) and edges ("a b" or "a yes b")."""

    def make(nodes: dict[str, Any], *edges: str) -> Workflow:
        workflow = import_document(actor=manager, document=document_of(nodes, *edges))
        publish(actor=manager, workflow=workflow)
        workflow.refresh_from_db()
        return workflow

    return make


def document_of(nodes: dict[str, Any], *edges: str) -> dict[str, Any]:
    return {
        "name": "Test",
        "nodes": [_node(key, node) for key, node in nodes.items()],
        "edges": [_edge(edge.split()) for edge in edges],
    }


def _node(key: str, node: Any) -> dict[str, Any]:
    if isinstance(node, dict):
        return {"id": key, **node}
    kind, config = node if isinstance(node, tuple) else (node, {})
    return {"id": key, "type": kind, "config": config}


def _edge(parts: list[str]) -> dict[str, str]:
    return {"from": parts[0], "to": parts[-1], **({"port": parts[1]} if len(parts) == 3 else {})}


@pytest.fixture
def started(manager: Actor, published: Publish) -> Start:
    def start(nodes: dict[str, Any], *edges: str, given: Any = None) -> Run:
        return start_run(actor=manager, workflow=published(nodes, *edges), input=given)

    return start


def work_off(limit: int = 500) -> int:
    """Carries out whatever is ready until nothing is; answers how many claims it took."""
    claims = 0
    while refs := next_steps([one.key for one in registry.all_types() if not one.remote], Strategy.PRIORITY):
        for ref in refs:
            executor.work(ref, STRANGER)
            claims += 1
            assert claims < limit, "the run does not come to an end"
    return claims


def make_due() -> None:
    """Lets the time of every waiting, running or ready step come now."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workflows_step SET wake_at = clock_timestamp() WHERE wake_at IS NOT NULL")


def sweep_now() -> int:
    make_due()
    return sweep()


def states(run: Run) -> dict[str, str]:
    return {step.node: step.state for step in Step.objects.filter(run_id=run.pk, item=0)}


def output(run: Run, node: str, item: int = 0) -> Any:
    return StepResult.objects.get(run_id=run.pk, node=node, item=item).output


def error_of(run: Run) -> dict[str, Any]:
    return dict(run.error or {})


def code_of(run: Run) -> str:
    """The code of the error that a run failed with."""
    return str(error_of(run)["code"])
