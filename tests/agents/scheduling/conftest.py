"""Runs that wait for an agent, and workers of an agent that schedules as a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from agents import agenda, routing
from agents.models import Agent
from agents.worker import Presence
from crm.actors import Actor
from tests.workflows.engine.conftest import Publish, Start, _kinds, document_of, manager, published, started
from workflows.engine.refs import StepRef, WorkerInfo
from workflows.models import Run, Step, Workflow
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document

__all__ = ["Publish", "Start", "_kinds", "manager", "published", "started"]

MakeAgent = Callable[..., Agent]
Fresh = Callable[..., WorkerInfo]
Flood = Callable[..., list[Run]]


@pytest.fixture(autouse=True)
def _anew(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in a process that has just begun."""
    routing.forget()
    monkeypatch.setattr(agenda, "_agenda", agenda.Agenda())
    yield
    routing.forget()


@pytest.fixture
def make_agent() -> MakeAgent:
    def make(strategy: str = "predictive", **more: Any) -> Agent:
        given: dict[str, Any] = {"name": "clerk", "queue": "clerk", "kinds": ["*"], "capacity": 4, **more}
        agent = Agent.objects.create(strategy=strategy, **given)
        routing.forget()
        return agent

    return make


@pytest.fixture
def fresh() -> Fresh:
    """A worker of the agent, as a process of its own would be."""
    return lambda agent: Presence(agent).info


@pytest.fixture
def flood(manager: Actor) -> Flood:
    """Runs of a workflow, the first of them first."""

    def make(name: str, count: int, node: Any = ("test_mark", {}), **more: Any) -> list[Run]:
        document = {**document_of({"a": node}), "name": name}
        workflow = import_document(actor=manager, document=document)
        publish(actor=manager, workflow=workflow)
        workflow.refresh_from_db()
        runs = [start_run(actor=manager, workflow=workflow, input=None) for _ in range(count)]
        Step.objects.filter(run_id__in=[run.pk for run in runs]).update(since=Now(), **more)
        return runs

    return make


def refs(runs: list[Run]) -> list[StepRef]:
    return [StepRef(run.pk, "a", 0) for run in runs]


def age(run: Run, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET since = clock_timestamp() - make_interval(secs => %s) WHERE run_id = %s",
            [seconds, run.pk],
        )


def state_of(run: Run) -> str:
    return Step.objects.get(run_id=run.pk, node="a").state


def workflow_of(run: Run) -> Workflow:
    return Workflow.objects.get(pk=run.workflow_id)


def new_worker_id() -> Any:
    return uuid7()
