"""One workflow that can't go on, because a step type of its version is gone, keeps no other from its work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.events import Topic, publish
from tests.workflows.engine.conftest import Publish, Start, states, sweep_now
from workflows import registry
from workflows.engine import program, rows
from workflows.engine.drain import drain_events
from workflows.engine.due import fire_due_triggers
from workflows.engine.refs import StepRef
from workflows.models import RefusedStart, Run, Trigger, Workflow

pytestmark = pytest.mark.django_db(transaction=True)
Lose = Callable[[str], None]


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Lose:
    """Takes a step type away, as a new release may, from a worker that starts afresh."""

    def without(kind: str) -> None:
        monkeypatch.delitem(registry._types, kind)
        program._programs.clear()

    return without


@pytest.fixture
def two(published: Publish) -> tuple[Workflow, Workflow]:
    return published({"a": "test_fail"}), published({"a": "test_mark"})


def trigger(workflow: Workflow, **more: Any) -> None:
    Trigger.objects.create(workflow=workflow, node="a", **more)
    Workflow.objects.filter(pk=workflow.pk).update(enabled=True)


def started_workflows() -> list[int]:
    return list(Run.objects.values_list("workflow_id", flat=True))


def test_an_event_starts_the_others(two: tuple[Workflow, Workflow], lose: Lose) -> None:
    for workflow in two:
        trigger(workflow, kind="event", topic=Topic.CUSTOMER_UPDATED)
    publish(Topic.CUSTOMER_UPDATED, {"id": 1})
    lose("test_fail")
    while drain_events():
        pass
    assert started_workflows() == [two[1].pk]


def test_an_event_whose_condition_breaks_does_not_stop_those_after_it(two: tuple[Workflow, Workflow]) -> None:
    trigger(two[0], kind="event", topic=Topic.CUSTOMER_UPDATED, config={"condition": {"$gone": ""}})
    trigger(two[1], kind="event", topic=Topic.CUSTOMER_UPDATED)
    publish(Topic.CUSTOMER_UPDATED, {"id": 1})
    while drain_events():
        pass
    assert started_workflows() == [two[1].pk]


def test_a_schedule_fires_beside_one_that_can_t(two: tuple[Workflow, Workflow], lose: Lose) -> None:
    for workflow in two:
        trigger(workflow, kind="schedule", config={"cron": "0 5 * * *"}, next_fire_at=timezone.now() - timedelta(1))
    lose("test_fail")
    assert fire_due_triggers() == 1
    assert started_workflows() == [two[1].pk]
    assert RefusedStart.objects.get().workflow_id == two[0].pk


def test_a_lost_step_is_taken_over_beside_one_that_can_t_be(started: Start, lose: Lose) -> None:
    runs = [started({"a": kind}) for kind in ("test_fail", "test_mark")]
    for run in runs:
        assert rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
    lose("test_fail")
    sweep_now()
    assert [states(run) for run in runs] == [{"a": "RUNNING"}, {"a": "READY"}]
