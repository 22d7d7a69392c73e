"""Fixtures for steps: members, steps run by the engine in this process, and a system outside to call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from crm.actors import Actor, actor_of
from crm.models import Customer, Member
from crm.models.members import Role
from tests.agents.canary import Canary, listening
from tests.workflows.engine.conftest import work_off
from workflows.models import Run, Step, StepResult
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document

RunStep = Callable[..., "Ended"]


@dataclass(frozen=True)
class Ended:
    """A run of one step that was worked off as far as it goes."""

    run: Run

    @property
    def state(self) -> str:
        return Step.objects.get(run_id=self.run.pk, node="step").state

    @property
    def output(self) -> Any:
        return StepResult.objects.get(run_id=self.run.pk, node="step", item=0).output

    @property
    def error(self) -> dict[str, Any]:
        """Of the run, which fails with its step."""
        assert self.run.error is not None, self.state
        return dict(self.run.error)


@pytest.fixture
def manager(db: None) -> Actor:
    return actor_of(Member.objects.create_user("meg", "meg@example.com", "rapport-demo", role=Role.MANAGER))


@pytest.fixture
def admin(db: None) -> Actor:
    return actor_of(Member.objects.create_user("ada", "ada@example.com", "rapport-demo", role=Role.ADMIN))


@pytest.fixture
def customers(db: None) -> list[Customer]:
    return [Customer.objects.create(name=name, email=f"{name}@example.com") for name in ("Alice", "Bob", "Charlie")]


@pytest.fixture
def run_step(manager: Actor) -> RunStep:
    """Publishes a workflow of one step, in all but name as a person would draw it, and works its run off."""

    def run(kind: str, config: dict[str, Any] | None = None, given: Any = None, **node: Any) -> Ended:
        step = {"id": "step", "type": kind, "config": config or {}, **node}
        workflow = import_document(actor=manager, document={"name": "Test", "nodes": [step], "edges": []})
        publish(actor=manager, workflow=workflow)
        workflow.refresh_from_db()
        return finish(start_run(actor=manager, workflow=workflow, input=given))

    return run


def finish(run: Run) -> Ended:
    work_off()
    run.refresh_from_db()
    return Ended(run)


@pytest.fixture
def canary() -> Iterator[Canary]:
    with listening() as found:
        yield found


@pytest.fixture
def allowed(canary: Canary, settings: Any) -> Canary:
    """The canary as an address that this installation may reach, by number and by names that no DNS knows."""
    settings.OUTGOING_ALLOWED = [f"{host}:{canary.port}" for host in ("127.0.0.1", "canary.test", "other.test")]
    return canary
