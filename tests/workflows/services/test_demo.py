"""The demo's workflows are valid, published once, and run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.actors import SYSTEM, Actor
from crm.errors import NotFound
from tests.workflows.engine.conftest import work_off
from tests.workflows.graph.test_document import ORDER_PROCESSING
from workflows.models import Run, Trigger, Version, Workflow
from workflows.services.demo import WORKFLOWS, load_demo_workflows, read_document
from workflows.services.versions import problems_of
from workflows.services.workflows import save_draft

Actors = Callable[[str], Actor]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("key", [wanted.key for wanted in WORKFLOWS])
def test_a_demo_document_has_no_problem(key: str) -> None:
    assert problems_of(read_document(key)) == []


def test_order_processing_is_the_given_document() -> None:
    assert read_document("order_processing") == ORDER_PROCESSING


def test_all_are_published_by_one_who_may_do_what_they_do(actors: Actors) -> None:
    manager = actors("manager")
    load_demo_workflows(actor=SYSTEM, with_runs=False)
    assert set(Workflow.objects.values_list("key", flat=True)) == {wanted.key for wanted in WORKFLOWS}
    assert set(Version.objects.values_list("published_by", flat=True)) == {manager.member_id}
    assert sorted(Trigger.objects.values_list("workflow__key", "kind", "topic")) == [
        ("churn-rescue", "schedule", ""),
        ("churn-warning", "event", "customer.scored"),
        ("nightly-scoring", "schedule", ""),
    ]
    assert not Run.objects.exists()


def test_without_a_manager_nothing_is_loaded(actors: Actors) -> None:
    actors("viewer")
    with pytest.raises(NotFound):
        load_demo_workflows(actor=SYSTEM)
    assert not Workflow.objects.exists()


def test_loading_again_keeps_what_was_changed(actors: Actors) -> None:
    load_demo_workflows(actor=actors("manager"), with_runs=False)
    workflow = Workflow.objects.get(key="churn-rescue")
    changed = {**workflow.draft, "name": "Mine"}
    save_draft(actor=actors("manager"), workflow=workflow, base_revision=workflow.revision, document=changed)
    load_demo_workflows(actor=actors("manager"), with_runs=False)
    assert Workflow.objects.get(key="churn-rescue").name == "Mine"
    assert Workflow.objects.count() == len(WORKFLOWS)


def test_the_history_is_made_by_real_runs(actors: Actors) -> None:
    load_demo_workflows(actor=actors("manager"))
    assert Run.objects.count() == sum(len(wanted.runs) for wanted in WORKFLOWS)
    work_off()
    run = Run.objects.get(workflow__key="sum-of-squares")
    assert (run.state, run.output) == ("SUCCEEDED", {"value": 55, "count": 5})
