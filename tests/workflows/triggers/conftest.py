"""A workflow of one trigger and one step, customers to act on, and workers that look at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from crm.actors import Actor, actor_of
from crm.models import Customer, Member, Role
from workflows.engine.drain import drain_events
from workflows.engine.due import fire_due_triggers
from workflows.models import Run, Trigger, Workflow
from workflows.services.versions import publish
from workflows.services.workflows import import_document, save_draft

Listen = Callable[..., Workflow]


@pytest.fixture
def manager(transactional_db: None) -> Actor:
    return actor_of(Member.objects.create_user("meg", "meg@example.com", "x", role=Role.MANAGER))


@pytest.fixture
def ann(transactional_db: None) -> Customer:
    return Customer.objects.create(name="Ann", email="ann@example.com")


def document(kind: str, config: dict[str, Any], name: str = "Listen") -> dict[str, Any]:
    return {
        "name": name,
        "nodes": [{"id": "on", "type": kind, "config": config}, {"id": "do", "type": "set_values"}],
        "edges": [{"from": "on", "to": "do"}],
    }


@pytest.fixture
def listen(manager: Actor) -> Listen:
    """Publishes a workflow that this trigger starts."""

    def make(kind: str, name: str = "Listen", **config: Any) -> Workflow:
        workflow = import_document(actor=manager, document=document(kind, config, name))
        publish(actor=manager, workflow=workflow)
        workflow.refresh_from_db()
        return workflow

    return make


def publish_again(actor: Actor, workflow: Workflow, kind: str, **config: Any) -> None:
    workflow.refresh_from_db()
    draft = {**document(kind, config), "layout": {"again": [workflow.revision, 0]}}
    draft["nodes"][1]["label"] = f"Step {workflow.revision}"
    save_draft(actor=actor, workflow=workflow, base_revision=workflow.revision, document=draft)
    publish(actor=actor, workflow=workflow)


def drain() -> None:
    while drain_events():
        pass


def look() -> int:
    """Lets every timed trigger be due now, and looks at them."""
    Trigger.objects.filter(next_fire_at__isnull=False).exclude(kind="schedule").update(
        next_fire_at=timezone.now() - timedelta(seconds=1)
    )
    return fire_due_triggers()


def at_once(act: Callable[[], object], workers: int = 4) -> None:
    """Several workers do the same at the same time."""

    def work(_: int) -> None:
        try:
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(2 * workers)))


class Killed(BaseException):
    """What a worker sees last."""


@contextmanager
def killed() -> Iterator[None]:
    """The worker is killed before it commits what it does inside."""
    try:
        with transaction.atomic():
            yield
            raise Killed
    except Killed:
        pass


def inputs() -> list[Any]:
    return [run.input for run in Run.objects.order_by("id")]
