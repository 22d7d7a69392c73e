"""History written by hand: workflows with runs whose attempts took the times that a test says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from agents.services.figures import NOBODY
from crm.actors import Actor
from tests.agents.fixtures import ActorAs, ApiAs, As, actor_as, api_as, logged_in, member_as
from tests.workflows.engine.conftest import document_of
from workflows.models import Run, StepAttempt, Workflow
from workflows.services.versions import publish
from workflows.services.workflows import import_document

__all__ = ["ActorAs", "ApiAs", "As", "actor_as", "api_as", "logged_in", "member_as"]

MakeWorkflow = Callable[..., Workflow]
MakeRun = Callable[..., Run]
WORKER = UUID(int=7)
HALF_PAST = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(minutes=30)


@pytest.fixture
def manager(actor_as: ActorAs) -> Actor:
    return actor_as("manager")


@pytest.fixture
def make_workflow(manager: Actor) -> MakeWorkflow:
    def make(nodes: dict[str, Any], *edges: str) -> Workflow:
        workflow = import_document(actor=manager, document=document_of(nodes, *edges))
        publish(actor=manager, workflow=workflow)
        workflow.refresh_from_db()
        return workflow

    return make


@pytest.fixture
def chain(make_workflow: MakeWorkflow) -> Workflow:
    """a, then b and c beside each other."""
    value = ("set_values", {"values": {"x": 1}})
    return make_workflow({"a": value, "b": value, "c": value}, "a b", "a c")


@pytest.fixture
def make_run() -> MakeRun:
    """A run of attempts (node, item, number, from, to, outcome), in seconds since half past the last hour."""

    def make(workflow: Workflow, *attempts: Any, agent: str = "clerk", worker: UUID = WORKER, at: float = 0) -> Run:
        run = Run.objects.create(
            id=uuid7(), version_id=workflow.published_id or 0, workflow=workflow, trigger="", input={},
            started_by_id="", started_by="", created_at=HALF_PAST + timedelta(seconds=at),
        )  # fmt: skip
        for node, item, number, begin, end, outcome in attempts:
            StepAttempt.objects.create(
                run_id=run.pk, node=node, item=item, attempt=number, agent=agent, outcome=outcome,
                worker_id=None if str(worker) == NOBODY else worker,
                started_at=HALF_PAST + timedelta(seconds=begin), ended_at=HALF_PAST + timedelta(seconds=end),
            )  # fmt: skip
        return run

    return make
