"""The Operations page: who sees and does what there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from agents.models import Agent, Worker
from agents.selectors.operations import agent_figures
from agents.services.demo import load_demo_agents
from crm.actors import SYSTEM
from crm.models import AuditEntry
from tests.agents.fixtures import ActorAs, As
from tests.agents.workflows import carry_out, start
from workflows.models import Step

pytestmark = pytest.mark.django_db
PAGE = "/operations/"


@pytest.fixture
def clerk(db: None) -> Agent:
    load_demo_agents(actor=SYSTEM)
    return Agent.objects.get(name="clerk")


def worker(agent: Agent, *, heard: int = 0, **more: Any) -> Worker:
    then = timezone.now() - timedelta(seconds=heard)
    return Worker.objects.create(
        id=uuid7(), agent=agent, host="node-1", pid=4711, version="0.1.0", heartbeat_at=then, **more
    )


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_stranger_is_sent_to_the_log_in(client: Any) -> None:
    assert client.get(PAGE).status_code == 302


@pytest.mark.parametrize("role", ["admin", "manager", "builder", "operator", "viewer"])
def test_every_role_sees_the_agents(role: str, clerk: Agent, logged_in: As) -> None:
    worker(clerk)
    shown = text_of(logged_in(role).get(PAGE))
    assert "clerk" in shown
    assert "node-1" in shown
    assert "process 4711" in shown


@pytest.mark.parametrize("role", ["manager", "builder", "operator", "viewer"])
def test_only_admins_pause(role: str, clerk: Agent, logged_in: As) -> None:
    before = AuditEntry.objects.count()
    assert logged_in(role).post(f"{PAGE}clerk/pause/").status_code == 403
    clerk.refresh_from_db()
    assert not clerk.paused
    assert AuditEntry.objects.count() == before
    assert "/operations/clerk/pause/" not in text_of(logged_in(role).get(PAGE))


def test_an_admin_pauses_and_resumes_and_it_is_written_down(clerk: Agent, logged_in: As) -> None:
    client = logged_in("admin")
    assert client.post(f"{PAGE}clerk/pause/").status_code == 302
    clerk.refresh_from_db()
    assert clerk.paused
    assert "Paused" in text_of(client.get(PAGE))
    client.post(f"{PAGE}clerk/resume/")
    assert not Agent.objects.get(pk=clerk.pk).paused
    entries = AuditEntry.objects.filter(object_type="agent", action__in=["agent.pause", "agent.resume"])
    assert [(one.action, one.before, one.after) for one in entries.order_by("id")] == [
        ("agent.pause", {"paused": False}, {"paused": True}),
        ("agent.resume", {"paused": True}, {"paused": False}),
    ]


def test_an_agent_that_is_not_there_can_not_be_paused(clerk: Agent, logged_in: As) -> None:
    assert logged_in("admin").post(f"{PAGE}nobody/pause/").status_code == 404


def test_a_get_pauses_nothing(clerk: Agent, logged_in: As) -> None:
    assert logged_in("admin").get(f"{PAGE}clerk/pause/").status_code == 405


def test_a_worker_that_is_silent_for_20_seconds_goes_grey(clerk: Agent, logged_in: As) -> None:
    worker(clerk, heard=19)
    assert "not heard of" not in text_of(logged_in("viewer").get(PAGE))
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=21))
    assert "not heard of" in text_of(logged_in("viewer").get(PAGE))


def test_a_worker_that_ended_in_order_is_not_shown(clerk: Agent, logged_in: As) -> None:
    worker(clerk, stopped_at=timezone.now())
    assert "node-1" not in text_of(logged_in("viewer").get(PAGE))


def test_an_agent_without_a_worker_is_told_with_the_way_out(clerk: Agent, logged_in: As) -> None:
    worker(clerk)
    shown = text_of(logged_in("viewer").get(PAGE))
    assert "manage.py run_agent messenger" in shown
    assert "manage.py run_agent clerk" not in shown


def test_the_page_asks_again_for_its_changing_part_alone(clerk: Agent, logged_in: As) -> None:
    client = logged_in("viewer")
    assert 'hx-trigger="every 3s"' in text_of(client.get(PAGE))
    part = text_of(client.get(PAGE, headers={"HX-Request": "true"}))
    assert "<html" not in part
    assert part.startswith('<div id="operations-now"')


FAILING = {"check": ("validate_data", {"data": {"$expr": "input"}, "rules": [{"field": "amount"}]})}


def test_failed_runs_are_told_by_their_cause(clerk: Agent, actor_as: ActorAs, logged_in: As) -> None:
    for amount in ("customer", "reference"):
        carry_out(actor_as("manager"), FAILING, given={amount: 1})
    shown = text_of(logged_in("viewer").get(PAGE))
    assert "The data are not valid. amount: is missing" in shown
    assert "state=FAILED" in shown


def test_the_depth_and_age_of_a_queue_are_shown(clerk: Agent, actor_as: ActorAs) -> None:
    start(actor_as("manager"), FAILING, given={})
    figures = {one.agent.name: one for one in agent_figures()}
    assert (figures["clerk"].ready, figures["scorer"].ready) == (1, 0)
    assert figures["clerk"].oldest_wait is not None
    assert figures["scorer"].oldest_wait is None


def test_a_step_in_hand_leads_to_its_run(clerk: Agent, actor_as: ActorAs, logged_in: As) -> None:
    run = start(actor_as("manager"), FAILING, given={})
    found = worker(clerk)
    Step.objects.filter(run_id=run.pk).update(state="RUNNING", worker_id=found.pk)
    shown = text_of(logged_in("viewer").get(PAGE))
    assert f'href="/runs/{run.pk}/"' in shown
    assert "Validate data" in shown
