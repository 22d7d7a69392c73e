"""Drawing: create, save, import, switch, delete."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, NotAllowed
from crm.models import AuditEntry
from tests.workflows.conftest import GREET
from tests.workflows.graph.test_document import ORDER_PROCESSING
from workflows.models import Version, Workflow
from workflows.services.versions import publish
from workflows.services.workflows import (
    StaleRevision,
    create_workflow,
    delete_workflow,
    describe_workflow,
    import_document,
    save_draft,
    set_enabled,
)

Actors = Callable[[str], Actor]
READERS = ["viewer", "operator"]


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(object_type="workflow").order_by("pk").values_list("action", flat=True))


def test_a_builder_creates_an_empty_workflow(builder: Actor) -> None:
    workflow = create_workflow(actor=builder, name=" Welcome calls ")
    assert (workflow.key, workflow.name, workflow.revision) == ("welcome-calls", "Welcome calls", 1)
    assert workflow.draft["nodes"] == []
    assert actions() == ["workflow.create"]


@pytest.mark.parametrize("role", READERS)
def test_a_reader_can_not_create(actors: Actors, role: str) -> None:
    with pytest.raises(NotAllowed):
        create_workflow(actor=actors(role), name="X")
    assert not Workflow.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_workflow_needs_a_name_of_fair_length(builder: Actor, name: str) -> None:
    with pytest.raises(InvalidInput):
        create_workflow(actor=builder, name=name)
    assert not Workflow.objects.exists()


def test_names_may_repeat_but_keys_do_not(builder: Actor) -> None:
    keys = [create_workflow(actor=builder, name="Welcome").key for _ in range(3)]
    assert keys == ["welcome", "welcome-2", "welcome-3"]


@pytest.mark.parametrize(("name", "key"), [("42", "w-42"), ("Import", "w-import"), ("客户关怀", "workflow")])
def test_a_key_is_never_taken_for_another_address(builder: Actor, name: str, key: str) -> None:
    assert create_workflow(actor=builder, name=name).key == key


def test_order_processing_is_imported_as_it_stands(builder: Actor) -> None:
    workflow = import_document(actor=builder, document=ORDER_PROCESSING)
    assert workflow.key == "order_processing"
    assert [node["type"] for node in workflow.draft["nodes"]] == ["validate_data", "risk_scorecard", "payment"]
    assert workflow.draft["edges"] == ORDER_PROCESSING["edges"]


@pytest.mark.parametrize("document", [None, [], {"nodes": []}, {"name": "A", "nodes": [{"id": "A B"}]}])
def test_what_is_no_document_is_not_imported(builder: Actor, document: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        import_document(actor=builder, document=document)
    assert caught.value.code == "invalid_document"
    assert not Workflow.objects.exists()


def test_saving_raises_the_revision(builder: Actor, workflow: Workflow) -> None:
    changed = {**GREET, "name": "Hello", "nodes": GREET["nodes"][:1], "edges": []}
    saved = save_draft(actor=builder, workflow=workflow, base_revision=1, document=changed)
    assert (saved.revision, saved.name, saved.draft) == (2, "Hello", changed)
    assert AuditEntry.objects.latest("pk").after == {"revision": 2, "removed": ["greet"]}


def test_saving_on_an_old_revision_is_refused_and_shows_the_new_one(builder: Actor, workflow: Workflow) -> None:
    first = {**GREET, "name": "First"}
    save_draft(actor=builder, workflow=workflow, base_revision=1, document=first)
    with pytest.raises(StaleRevision) as caught:
        save_draft(actor=builder, workflow=workflow, base_revision=1, document={**GREET, "name": "Second"})
    assert (caught.value.code, caught.value.revision, caught.value.document) == ("stale_revision", 2, first)
    assert Workflow.objects.get().name == "First"
    assert len(actions()) == 2


@pytest.mark.parametrize("role", READERS)
def test_a_reader_can_not_save(actors: Actors, workflow: Workflow, role: str) -> None:
    with pytest.raises(NotAllowed):
        save_draft(actor=actors(role), workflow=workflow, base_revision=1, document={**GREET, "name": "Mine"})
    workflow.refresh_from_db()
    assert (workflow.revision, workflow.draft) == (1, GREET)


def test_a_draft_may_be_half_drawn(builder: Actor, workflow: Workflow) -> None:
    half = {"name": "Half", "nodes": [{"id": "a", "type": "nothing_yet"}], "edges": [{"from": "a", "to": "b"}]}
    assert save_draft(actor=builder, workflow=workflow, base_revision=1, document=half).draft == half


@pytest.mark.parametrize("document", ["text", {"nodes": 1}, {"nodes": [], "sample_input": "\x00"}])
def test_a_draft_that_is_no_document_is_refused(builder: Actor, workflow: Workflow, document: Any) -> None:
    with pytest.raises(InvalidInput):
        save_draft(actor=builder, workflow=workflow, base_revision=1, document=document)
    workflow.refresh_from_db()
    assert workflow.revision == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_saves_at_once_one_wins(builder: Actor, workflow: Workflow) -> None:
    def save(number: int) -> str:
        try:
            save_draft(actor=builder, workflow=workflow, base_revision=1, document={**GREET, "name": f"By {number}"})
        except StaleRevision:
            return "stale"
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(5) as pool:
        outcomes = sorted(pool.map(save, range(5)))
    assert outcomes == ["saved", "stale", "stale", "stale", "stale"]
    assert Workflow.objects.get().revision == 2


def test_a_description_is_changed_with_the_name(builder: Actor, workflow: Workflow) -> None:
    changed = describe_workflow(actor=builder, workflow=workflow, name="Hello", description="Says hello")
    assert (changed.name, changed.description, changed.draft["name"], changed.revision) == (
        "Hello", "Says hello", "Hello", 2,
    )  # fmt: skip


def test_switching_off_is_audited_once(builder: Actor, workflow: Workflow) -> None:
    for _ in range(2):
        workflow = set_enabled(actor=builder, workflow=workflow, enabled=False)
    assert not workflow.enabled
    assert actions().count("workflow.disable") == 1


def test_a_viewer_can_not_switch(viewer: Actor, workflow: Workflow) -> None:
    with pytest.raises(NotAllowed):
        set_enabled(actor=viewer, workflow=workflow, enabled=False)
    workflow.refresh_from_db()
    assert workflow.enabled


def test_only_an_admin_deletes(actors: Actors, workflow: Workflow) -> None:
    for role in ("viewer", "operator", "builder", "manager"):
        with pytest.raises(NotAllowed):
            delete_workflow(actor=actors(role), workflow=workflow)
    assert Workflow.objects.exists()
    delete_workflow(actor=actors("admin"), workflow=workflow)
    assert not Workflow.objects.exists()


def test_a_workflow_that_ran_is_kept(actors: Actors, builder: Actor, workflow: Workflow) -> None:
    from workflows.services.runs import start_run

    publish(actor=builder, workflow=workflow)
    start_run(actor=builder, workflow=workflow, input={})
    with pytest.raises(Conflict) as caught:
        delete_workflow(actor=actors("admin"), workflow=workflow)
    assert caught.value.code == "has_runs"
    assert Workflow.objects.exists()
    assert Version.objects.count() == 1
