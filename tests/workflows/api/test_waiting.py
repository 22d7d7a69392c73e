"""Callers who wait for the end of the run that they start."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents.services.demo import create_first_agents
from crm.actors import SYSTEM, Actor
from tests.workflows.conftest import chain, member_of
from workflows.models import Run, Trigger, Workflow
from workflows.services import waiting
from workflows.services.hooks import sign
from workflows.services.triggers import webhook_key
from workflows.services.versions import publish
from workflows.services.workflows import create_workflow

Actors = Callable[[str], Actor]
pytestmark = pytest.mark.django_db(transaction=True)
ADD = {"id": "add", "type": "set_values", "config": {"values": {"n": {"$expr": "input.n + 1"}}}}


@pytest.fixture(autouse=True)
def _agents(transactional_db: None) -> None:
    create_first_agents(actor=SYSTEM)


@pytest.fixture
def make(builder: Actor) -> Callable[..., Workflow]:
    def published(*steps: dict[str, Any]) -> Workflow:
        workflow = create_workflow(actor=builder, name="Add", document=chain(*steps, name="Add"))
        publish(actor=builder, workflow=workflow)
        return workflow

    return published


@pytest.fixture
def _all_places_are_taken() -> Iterator[None]:
    for _ in range(waiting.MOST_WAITING):
        assert waiting.PLACES.acquire(blocking=False)
    yield
    waiting.PLACES.release(waiting.MOST_WAITING)


def run(actors: Actors, role: str, query: str) -> Any:
    client = APIClient()
    client.force_authenticate(member_of(actors(role)))
    return client.post(f"/api/v1/workflows/add/runs{query}", {"input": {"n": 1}})


def call(query: str) -> Any:
    hook, body, sent = Trigger.objects.get(), json.dumps({"n": 1}).encode(), str(int(time.time()))
    signature = base64.b64encode(sign(webhook_key(hook), "msg_1", sent, body)).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": sent, "webhook-signature": f"v1,{signature}"}
    address = f"/api/v1/hooks/{hook.token}{query}"
    return APIClient().post(address, body, content_type="application/json", headers=headers)


def test_a_caller_who_waits_is_given_the_ended_run(actors: Actors, make: Callable[..., Workflow]) -> None:
    make(ADD)
    answer = run(actors, "manager", "?wait=5")
    assert (answer.status_code, answer.data["state"], answer.data["output"]) == (200, "SUCCEEDED", {"n": 2})


def test_a_run_that_goes_on_is_answered_202(actors: Actors, make: Callable[..., Workflow]) -> None:
    make(ADD, {"id": "rest", "type": "delay", "config": {"seconds": 3600}})
    answer = run(actors, "manager", "?wait=0.1")
    assert (answer.status_code, answer.data["state"]) == (202, "WAITING")


@pytest.mark.usefixtures("_all_places_are_taken")
def test_who_finds_no_place_to_wait_is_answered_202_at_once(actors: Actors, make: Callable[..., Workflow]) -> None:
    make(ADD, {"id": "rest", "type": "delay", "config": {"seconds": 3600}})
    asked = time.monotonic()
    answer = run(actors, "manager", "?wait=20")
    assert (answer.status_code, answer.data["state"]) == (202, "WAITING")
    assert time.monotonic() - asked < 10


@pytest.mark.usefixtures("_all_places_are_taken")
def test_a_run_that_has_ended_needs_no_place_to_wait(actors: Actors, make: Callable[..., Workflow]) -> None:
    make(ADD)
    answer = run(actors, "manager", "?wait=20")
    assert (answer.status_code, answer.data["output"]) == (200, {"n": 2})


def test_a_place_to_wait_is_given_back(actors: Actors, make: Callable[..., Workflow]) -> None:
    make(ADD, {"id": "rest", "type": "delay", "config": {"seconds": 3600}})
    with ExitStack() as taken:
        for _ in range(waiting.MOST_WAITING - 1):
            taken.enter_context(waiting.PLACES)
        for _ in range(2):
            assert run(actors, "manager", "?wait=0.1").status_code == 202
        assert waiting.PLACES.acquire(blocking=False)
        waiting.PLACES.release()


def test_who_does_not_wait_is_answered_at_once(actors: Actors, make: Callable[..., Workflow]) -> None:
    make(ADD)
    answer = run(actors, "manager", "")
    assert (answer.status_code, answer.data["state"]) == (202, "RUNNING")


@pytest.mark.parametrize("wait", ["31", "-1", "soon", "1e1", "inf", "1.2.3", "."])
def test_a_wait_that_is_no_short_time_is_refused(actors: Actors, make: Callable[..., Workflow], wait: str) -> None:
    make(ADD)
    answer = run(actors, "manager", f"?wait={wait}")
    assert (answer.status_code, Run.objects.count()) == (422, 0)


def test_who_may_not_run_may_not_wait_either(actors: Actors, make: Callable[..., Workflow]) -> None:
    make(ADD)
    assert (run(actors, "viewer", "?wait=5").status_code, Run.objects.count()) == (403, 0)


def test_a_webhook_that_waits_is_told_the_state_only(make: Callable[..., Workflow]) -> None:
    make({"id": "hook", "type": "trigger_webhook"}, ADD)
    answer = call("?wait=5")
    assert (answer.status_code, answer.data["state"], answer.data["output"]) == (200, "SUCCEEDED", None)
    assert Run.objects.get().output == {"n": 2}


def test_a_webhook_whose_step_answers_is_given_the_output(make: Callable[..., Workflow]) -> None:
    make({"id": "hook", "type": "trigger_webhook", "config": {"answers": True}}, ADD)
    first, again = call("?wait=5"), call("?wait=5")
    assert (first.status_code, first.data["output"]) == (200, {"n": 2})
    assert (again.data, Run.objects.count()) == (first.data, 1)


def test_a_webhook_that_does_not_wait_is_told_the_run(make: Callable[..., Workflow]) -> None:
    make({"id": "hook", "type": "trigger_webhook"}, ADD)
    answer = call("")
    assert (answer.status_code, set(answer.data)) == (202, {"run", "number"})
