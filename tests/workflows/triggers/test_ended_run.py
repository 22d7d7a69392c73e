"""Another workflow ended: told in the transaction that ends the run, and only if a workflow listens."""

from __future__ import annotations

import pytest

from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Event
from tests.workflows.engine.conftest import work_off
from tests.workflows.triggers.conftest import Listen, at_once, drain
from workflows.engine.drain import drain_events
from workflows.engine.start import DEEPEST
from workflows.models import Run, Workflow
from workflows.services.runs import cancel_run, start_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def first(listen: Listen) -> Workflow:
    return listen("trigger_person", name="First")


def run_first(actor: Actor, first: Workflow) -> Run:
    run = start_run(actor=actor, workflow=first, input={"n": 1})
    work_off()
    drain()
    return run


def test_the_end_of_a_run_starts_another(first: Workflow, listen: Listen, manager: Actor) -> None:
    second = listen("trigger_workflow", name="Second", workflow="first")
    ended = run_first(manager, first)
    started = Run.objects.get(workflow=second)
    given = started.input
    assert (given["id"], given["number"], given["workflow"]) == (str(ended.pk), ended.number, "first")
    assert (given["state"], given["input"], given["error"]) == ("succeeded", {"n": 1}, None)
    assert started.depth == 1


def test_nobody_listens_and_nothing_is_written(first: Workflow, listen: Listen, manager: Actor) -> None:
    listen("trigger_workflow", name="Second", workflow="first")
    third = listen("trigger_person", name="Third")
    start_run(actor=manager, workflow=third)
    work_off()
    assert not Event.objects.filter(topic="run.ended").exists()


@pytest.mark.parametrize(("wanted", "runs"), [("cancelled", 1), ("any", 1), ("succeeded", 0), ("failed", 0)])
def test_a_cancelled_run_has_ended_too(first: Workflow, listen: Listen, manager: Actor, wanted: str, runs: int) -> None:
    second = listen("trigger_workflow", name="Second", workflow="first", state=wanted)
    cancel_run(actor=manager, run=start_run(actor=manager, workflow=first))
    drain()
    assert Run.objects.filter(workflow=second).count() == runs


def test_workers_that_drain_at_once_start_one(first: Workflow, listen: Listen, manager: Actor) -> None:
    second = listen("trigger_workflow", name="Second", workflow="first")
    start_run(actor=manager, workflow=first)
    work_off()
    at_once(drain_events)
    drain()
    assert Run.objects.filter(workflow=second).count() == 1


def test_workflows_that_follow_each_other_come_to_an_end(listen: Listen, manager: Actor) -> None:
    first = listen("trigger_person", name="First")
    listen("trigger_workflow", name="Loop", workflow="first")
    loop = listen("trigger_workflow", name="Again", workflow="loop")
    listen("trigger_workflow", name="Back", workflow="again")
    listen("trigger_workflow", name="Forth", workflow="back")
    listen("trigger_workflow", name="More", workflow="forth")
    listen("trigger_workflow", name="Last", workflow="more")
    assert loop.published
    for _ in range(10):
        run_first(manager, first) if not Run.objects.exists() else None
        work_off()
        drain()
    assert max(Run.objects.values_list("depth", flat=True)) == DEEPEST
    assert Run.objects.count() == DEEPEST + 1


def test_a_workflow_that_is_not_there_can_t_be_published(listen: Listen) -> None:
    with pytest.raises(InvalidInput) as refused:
        listen("trigger_workflow", workflow="gone")
    assert refused.value.errors[0]["field"] == "workflow"
