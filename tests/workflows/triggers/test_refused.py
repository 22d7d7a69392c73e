"""Starts that were refused are kept, tried again, and left where a person sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.actors import Actor
from crm.events import Topic, publish
from crm.models import EventCursor
from tests.workflows.triggers.conftest import Listen, at_once, drain, killed
from workflows import registry
from workflows.engine import program
from workflows.engine.drain import drain_events
from workflows.engine.refused import PAUSES, retry_refused
from workflows.engine.start import UnknownTrigger
from workflows.models import RefusedStart, Run, Workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broken(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> Workflow:
    """A workflow of which a step type is gone, and an event that wants it."""
    workflow = listen("trigger_record_updated", record="customer")
    with monkeypatch.context() as without:
        without.delitem(registry._types, "set_values")
        program._programs.clear()
        publish(Topic.CUSTOMER_UPDATED, {"id": 7, "changed": ["name"]})
        drain()
    return workflow


def make_due() -> None:
    RefusedStart.objects.update(retry_at=timezone.now() - timedelta(seconds=1))


def test_it_is_kept_with_its_event_and_the_reason(broken: Workflow) -> None:
    kept = RefusedStart.objects.get()
    assert (kept.workflow, kept.node, kept.given["id"], kept.tries) == (broken, "on", 7, 1)
    assert "set_values" in kept.reason
    assert not Run.objects.exists()


def test_once_the_cause_is_gone_it_starts(broken: Workflow) -> None:
    assert retry_refused() == 0  # not yet due
    make_due()
    at_once(retry_refused)
    assert Run.objects.get().input["id"] == 7
    assert not RefusedStart.objects.exists()


def test_after_some_tries_it_is_left_to_a_person(broken: Workflow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(registry._types, "set_values")
    program._programs.clear()
    for _ in range(10):
        if RefusedStart.objects.filter(retry_at__isnull=False).exists():
            make_due()
            assert retry_refused() == 0
    left = RefusedStart.objects.get()
    assert (left.tries, left.retry_at) == (len(PAUSES) + 1, None)


def test_a_worker_killed_in_the_middle_loses_neither_event_nor_refusal(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen("trigger_record_updated", record="customer")
    publish(Topic.CUSTOMER_UPDATED, {"id": 7, "changed": ["name"]})
    monkeypatch.delitem(registry._types, "set_values")
    program._programs.clear()
    with killed():
        assert drain_events() == 1
        assert RefusedStart.objects.count() == 1
    assert not RefusedStart.objects.exists()
    assert not EventCursor.objects.filter(event_id__gt=0).exists()
    drain()
    assert RefusedStart.objects.count() == 1


def test_a_trigger_that_the_version_has_not_is_refused(listen: Listen, manager: Actor) -> None:
    workflow = listen("trigger_person")
    with pytest.raises(UnknownTrigger) as refused:
        start_run(actor=manager, workflow=workflow, trigger="of")
    assert "“of”" in refused.value.detail
    assert not Run.objects.exists()
