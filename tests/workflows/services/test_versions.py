"""Publishing, and what it makes of the triggers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import InternalError, transaction
from django.db.utils import DatabaseError

from crm.actors import Actor
from crm.errors import InvalidInput, NotAllowed, NotFound
from crm.models import AuditEntry
from tests.workflows.conftest import GREET, chain
from workflows.models import Trigger, Version, Workflow
from workflows.services.triggers import rotate_webhook_secret, webhook_key
from workflows.services.versions import publish
from workflows.services.workflows import StaleRevision, create_workflow, save_draft, set_enabled

Actors = Callable[[str], Actor]


def triggered(*triggers: dict[str, Any]) -> dict[str, Any]:
    """A workflow that each of the triggers starts."""
    nodes = [*triggers, {"id": "do", "type": "set_values"}]
    return {"name": "T", "nodes": nodes, "edges": [{"from": one["id"], "to": "do"} for one in triggers]}


def republish(actor: Actor, workflow: Workflow, document: dict[str, Any]) -> None:
    workflow.refresh_from_db()
    save_draft(actor=actor, workflow=workflow, base_revision=workflow.revision, document=document)
    publish(actor=actor, workflow=workflow)


TAGS = {"id": "tag", "type": "tag_customer", "config": {"customer": 1, "tag": "vip"}}


def test_who_may_not_tag_can_t_publish_what_tags(actors: Actors) -> None:
    workflow = create_workflow(actor=actors("builder"), name="Tags", document=chain(TAGS))
    with pytest.raises(InvalidInput) as refused:
        publish(actor=actors("builder"), workflow=workflow)
    assert [(one["node"], one["code"]) for one in refused.value.errors] == [("tag", "missing_right")]
    assert not Version.objects.exists()
    assert publish(actor=actors("manager"), workflow=workflow).version.number == 1


def test_a_draft_becomes_version_one(builder: Actor, workflow: Workflow) -> None:
    version = publish(actor=builder, workflow=workflow, note="First").version
    assert (version.number, version.note, version.published_by_id) == (1, "First", builder.member_id)
    assert workflow.published_id == version.pk
    assert list(version.compiled["nodes"]) == ["start", "greet"]
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor_id) == ("workflow.publish", builder.id)


def test_a_change_becomes_version_two(builder: Actor, workflow: Workflow) -> None:
    first = publish(actor=builder, workflow=workflow).version
    republish(builder, workflow, {**GREET, "name": "Greet again"})
    assert [version.number for version in workflow.versions.order_by("number")] == [1, 2]
    assert Version.objects.get(pk=first.pk).document["name"] == "Greet"


def test_publishing_the_same_again_changes_nothing(builder: Actor, workflow: Workflow) -> None:
    first = publish(actor=builder, workflow=workflow).version
    assert publish(actor=builder, workflow=workflow).version == first
    assert Version.objects.count() == 1


def test_another_member_publishing_the_same_lends_the_runs_their_rights(
    actors: Actors, builder: Actor, workflow: Workflow
) -> None:
    publish(actor=builder, workflow=workflow)
    second = publish(actor=actors("manager"), workflow=workflow).version
    assert (second.number, second.published_by_id) == (2, actors("manager").member_id)


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_a_reader_can_not_publish(actors: Actors, workflow: Workflow, role: str) -> None:
    with pytest.raises(NotAllowed):
        publish(actor=actors(role), workflow=workflow)
    assert not Version.objects.exists()


def test_a_draft_with_problems_is_refused_node_by_node(builder: Actor) -> None:
    document = chain({"id": "a", "type": "if"}, {"id": "b", "type": "teleport"})
    workflow = create_workflow(actor=builder, name="Bad", document=document)
    with pytest.raises(InvalidInput) as caught:
        publish(actor=builder, workflow=workflow)
    found = {(error.get("node"), error.get("field"), error["code"]) for error in caught.value.errors}
    assert {("a", "condition", "bad_config"), ("b", "type", "unknown_type"), ("a", "", "unknown_port")} == found
    assert caught.value.status == 422
    assert not Version.objects.exists()


def test_publishing_what_was_changed_meanwhile_is_refused(builder: Actor, workflow: Workflow) -> None:
    save_draft(actor=builder, workflow=workflow, base_revision=1, document=GREET)
    with pytest.raises(StaleRevision):
        publish(actor=builder, workflow=workflow, base_revision=1)
    assert not Version.objects.exists()


def test_a_published_version_can_not_be_changed(builder: Actor, workflow: Workflow) -> None:
    version = publish(actor=builder, workflow=workflow).version
    with pytest.raises((InternalError, DatabaseError)), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(document={})
    assert Version.objects.get().document == version.document


def test_a_schedule_fires_next_on_the_clocks_of_its_zone(builder: Actor) -> None:
    config = {"cron": "0 2 * * *", "timezone": "Asia/Shanghai"}
    document = triggered({"id": "nightly", "type": "trigger_schedule", "config": config})
    publish(actor=builder, workflow=create_workflow(actor=builder, name="T", document=document))
    fires = Trigger.objects.get().next_fire_at
    assert fires is not None
    assert fires > datetime.now(UTC)
    assert (fires.astimezone(UTC).hour, fires.minute) == (18, 0)


@pytest.mark.parametrize(
    ("kind", "config", "topic"),
    [
        ("trigger_record_created", {"record": "request"}, "request.created"),
        ("trigger_record_updated", {"record": "service"}, "service.updated"),
        ("trigger_record_updated", {"when": "scored"}, "customer.scored"),
        ("trigger_record_created", {}, "customer.created"),
    ],
)
def test_a_record_trigger_listens_to_its_topic(builder: Actor, kind: str, config: dict[str, Any], topic: str) -> None:
    document = triggered({"id": "t", "type": kind, "config": config})
    publish(actor=builder, workflow=create_workflow(actor=builder, name="T", document=document))
    assert Trigger.objects.get().topic == topic


def test_triggers_that_were_removed_stop(builder: Actor) -> None:
    both = triggered({"id": "a", "type": "trigger_record_created"}, {"id": "b", "type": "trigger_schedule"})
    workflow = create_workflow(actor=builder, name="T", document=both)
    publish(actor=builder, workflow=workflow)
    republish(builder, workflow, triggered({"id": "a", "type": "trigger_person"}))
    assert not Trigger.objects.exists()


def test_a_webhook_keeps_its_address_and_secret_when_published_again(builder: Actor) -> None:
    hook = {"id": "hook", "type": "trigger_webhook"}
    workflow = create_workflow(actor=builder, name="T", document=triggered(hook))
    secrets = publish(actor=builder, workflow=workflow).secrets
    before = Trigger.objects.get()
    republish(builder, workflow, triggered({**hook, "label": "Called"}))
    after = Trigger.objects.get()
    assert secrets["hook"].startswith("whsec_")
    assert (before.token, webhook_key(before)) == (after.token, webhook_key(after))


def test_a_secret_is_stored_sealed_and_not_audited(builder: Actor) -> None:
    workflow = create_workflow(actor=builder, name="T", document=triggered({"id": "hook", "type": "trigger_webhook"}))
    publish(actor=builder, workflow=workflow)
    trigger = Trigger.objects.get()
    assert webhook_key(trigger) not in bytes(trigger.secret or b"")
    assert "whsec" not in str(list(AuditEntry.objects.values_list("after", "before")))


def test_a_new_secret_replaces_the_old_one(builder: Actor, viewer: Actor) -> None:
    workflow = create_workflow(actor=builder, name="T", document=triggered({"id": "hook", "type": "trigger_webhook"}))
    publish(actor=builder, workflow=workflow)
    before = webhook_key(Trigger.objects.get())
    with pytest.raises(NotAllowed):
        rotate_webhook_secret(actor=viewer, workflow=workflow, node="hook")
    assert webhook_key(Trigger.objects.get()) == before
    rotate_webhook_secret(actor=builder, workflow=workflow, node="hook")
    assert webhook_key(Trigger.objects.get()) != before
    with pytest.raises(NotFound):
        rotate_webhook_secret(actor=builder, workflow=workflow, node="do")


def test_switching_on_again_skips_what_was_missed(builder: Actor) -> None:
    document = triggered({"id": "t", "type": "trigger_schedule"})
    workflow = create_workflow(actor=builder, name="T", document=document)
    publish(actor=builder, workflow=workflow)
    set_enabled(actor=builder, workflow=workflow, enabled=False)
    Trigger.objects.update(next_fire_at=datetime(2020, 1, 1, tzinfo=UTC))
    set_enabled(actor=builder, workflow=workflow, enabled=True)
    fires = Trigger.objects.get().next_fire_at
    assert fires is not None
    assert fires > datetime.now(UTC)
