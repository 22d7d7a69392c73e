"""Starts that were refused, on the page of their workflow."""

from __future__ import annotations

import pytest
from django.test import Client

from crm.actors import Actor
from crm.models import AuditEntry, Member, Role
from tests.workflows.triggers.conftest import Listen
from workflows.models import RefusedStart, Run, Workflow

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def refused(listen: Listen) -> RefusedStart:
    return RefusedStart.objects.create(
        workflow=listen("trigger_person"), node="on", given={"n": 1}, started_by_id="event", started_by="Event 7",
        code="unexpected", reason="It was <broken>",
    )  # fmt: skip


@pytest.fixture
def meg(client: Client, manager: Actor) -> Client:
    client.force_login(Member.objects.get(username="meg"))
    return client


def address(refused: RefusedStart) -> str:
    return f"/workflows/listen/refused/{refused.pk}/"


def test_it_is_shown_with_its_reason(meg: Client, refused: RefusedStart) -> None:
    shown = meg.get("/workflows/listen/versions/").content.decode()
    assert "It was &lt;broken&gt;" in shown
    assert "left to you" in shown


def test_the_list_of_workflows_counts_it(meg: Client, refused: RefusedStart) -> None:
    assert "1 start was refused" in meg.get("/workflows/").content.decode()


def test_tried_again_it_starts_and_is_gone(meg: Client, refused: RefusedStart) -> None:
    meg.post(address(refused), {"act": "retry"})
    assert Run.objects.get().input == {"n": 1}
    assert not RefusedStart.objects.exists()


def test_refused_again_it_stays_with_the_new_reason(meg: Client, refused: RefusedStart) -> None:
    Workflow.objects.update(enabled=False)
    meg.post(address(refused), {"act": "retry"})
    assert RefusedStart.objects.get().code == "disabled"
    assert not Run.objects.exists()


def test_dropped_it_is_gone_and_in_the_audit_trail(meg: Client, refused: RefusedStart) -> None:
    meg.post(address(refused), {"act": "drop"})
    assert not RefusedStart.objects.exists()
    assert AuditEntry.objects.get(action="workflow.drop_start").before["started_by"] == "Event 7"
    assert not Run.objects.exists()


def test_one_that_is_gone_is_not_found(meg: Client, refused: RefusedStart) -> None:
    refused_at = address(refused)
    refused.delete()
    assert meg.post(refused_at, {"act": "retry"}).status_code == 404


def test_who_may_not_run_the_workflow_may_neither(client: Client, refused: RefusedStart) -> None:
    client.force_login(Member.objects.create_user("vic", "vic@example.com", "x", role=Role.VIEWER))
    for act in ("retry", "drop"):
        assert client.post(address(refused), {"act": act}).status_code == 403
    assert RefusedStart.objects.count() == 1
    assert not Run.objects.exists()
