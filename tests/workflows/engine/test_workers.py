"""Real worker processes: killed in the middle, and without a broker."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from agents.models import Worker
from agents.services.demo import load_demo_agents
from crm.actors import SYSTEM
from crm.models import Activity, AuditEntry, Customer
from tests.conftest import StartAgent, kill_tree
from tests.workflows.engine.conftest import Start
from workflows.models import Run, StepAttempt, StepResult

pytestmark = pytest.mark.django_db(transaction=True)

DEAD_BROKER = "redis://127.0.0.1:1/0"
CUSTOMERS = 1_500


def eventually(holds: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.05)


def has_ended(run: Run) -> bool:
    run.refresh_from_db()
    return bool(run.state != "RUNNING")


@pytest.fixture
def noting(started: Start) -> Callable[[], Run]:
    """A run that writes a note for each of many customers, in chunks of ten."""
    load_demo_agents(actor=SYSTEM)
    Customer.objects.bulk_create(Customer(name=f"C{i}", email=f"c{i}@example.com") for i in range(CUSTOMERS))
    ids = list(Customer.objects.values_list("pk", flat=True))

    def start() -> Run:
        nodes: dict[str, Any] = {
            "each": ("map", {"items": {"$expr": "input.ids"}, "chunk_size": 10}),
            "note": {
                "type": "add_note",
                "parent": "each",
                "config": {"customer": {"$expr": "item"}, "text": "Noted {{ index }}"},
            },
        }
        return started(nodes, given={"ids": ids})

    return start


def test_a_run_survives_the_death_of_all_its_workers(noting: Callable[[], Run], start_agent: StartAgent) -> None:
    first = start_agent("clerk")
    run = noting()
    eventually(lambda: Activity.objects.count() > 50)
    kill_tree(first.pid)
    assert 0 < Activity.objects.count() < CUSTOMERS
    start_agent("clerk")
    eventually(lambda: has_ended(run))
    assert run.output
    assert (run.state, run.output["succeeded"]) == ("SUCCEEDED", CUSTOMERS)
    assert Activity.objects.count() == CUSTOMERS
    assert AuditEntry.objects.filter(action="activity.create").count() == CUSTOMERS
    assert StepResult.objects.filter(run_id=run.pk, node="note").count() == CUSTOMERS / 10
    won = StepAttempt.objects.filter(run_id=run.pk, node="note", outcome="SUCCEEDED")
    assert won.count() == CUSTOMERS / 10


def test_a_run_finishes_without_a_broker(noting: Callable[[], Run], start_agent: StartAgent) -> None:
    start_agent("clerk", BROKER_URL=DEAD_BROKER)
    run = noting()
    eventually(lambda: has_ended(run))
    assert (run.state, Activity.objects.count()) == ("SUCCEEDED", CUSTOMERS)


def test_a_worker_shows_itself_and_says_goodbye(noting: Callable[[], Run], start_agent: StartAgent) -> None:
    process = start_agent("clerk")
    eventually(lambda: Worker.objects.filter(agent__name="clerk", stopped_at=None).exists())
    process.terminate()
    eventually(lambda: Worker.objects.filter(agent__name="clerk", stopped_at__isnull=False).exists(), 30)
