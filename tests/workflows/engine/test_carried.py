"""Runs that are carried on by the process that starts them, for a caller who waits for their end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.db import connection

from agents import executor, routing
from agents.models import Agent
from agents.services.demo import create_first_agents
from agents.worker import STRANGER
from crm.actors import SYSTEM, Actor
from crm.models import AuditEntry, Customer, Tag
from tests.conftest import kill_tree
from tests.workflows.engine.conftest import Publish, states, work_off
from workflows.engine.wake import Wake
from workflows.models import Run, RunKey, StepAttempt, Workflow
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db(transaction=True)
ONE = {"values": {"n": {"$expr": "input.n + 1"}}}
Call = Callable[..., Run]
told: list[Wake] = []


def note_wakes(wakes: list[Wake]) -> None:
    told.extend(wakes)


def work_at_once(wakes: list[Wake]) -> None:
    for _, ref in wakes:
        executor.work(ref, STRANGER)


@pytest.fixture(autouse=True)
def _agents(manager: Actor, settings: Any) -> None:
    create_first_agents(actor=SYSTEM)
    told.clear()
    settings.STEP_DISPATCHER = f"{__name__}.note_wakes"


@pytest.fixture
def call(manager: Actor, published: Publish) -> Call:
    """Starts a run and waits for its end; nobody else is there to work on it."""

    def start(nodes: dict[str, Any], *edges: str, wait: float = 0, given: Any = None) -> Run:
        return start_run(actor=manager, workflow=published(nodes, *edges), input=given, wait=wait)

    return start


def test_a_light_run_ends_in_the_hands_of_who_starts_it(call: Call) -> None:
    run = call({"a": ("set_values", ONE), "b": ("test_mark", {})}, "a b", given={"n": 1})
    assert (run.state, run.output) == ("SUCCEEDED", {"marked": "mark"})
    assert Tag.objects.count() == 1
    assert not told


def test_its_record_names_who_carried_it(call: Call) -> None:
    run = call({"a": ("set_values", ONE), "b": ("test_mark", {})}, "a b", given={"n": 1})
    assert set(StepAttempt.objects.filter(run_id=run.pk).values_list("agent", "outcome")) == {("web", "SUCCEEDED")}
    assert AuditEntry.objects.filter(action="run.started", object_id=str(run.pk)).count() == 1


def test_a_step_that_reaches_outside_is_left_to_its_agent(call: Call) -> None:
    run = call({"a": ("set_values", ONE), "b": ("test_send", {})}, "a b", given={"n": 1})
    assert (run.state, states(run)) == ("RUNNING", {"a": "SUCCEEDED", "b": "READY"})
    assert [ref.node for _, ref in told] == ["b"]
    work_off()
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"


def test_a_step_that_computes_for_long_is_left_to_its_agent(call: Call) -> None:
    run = call({"a": ("set_values", ONE), "b": ("score_churn", {"customers": {"$expr": "[]"}})}, "a b", given={"n": 1})
    assert states(run) == {"a": "SUCCEEDED", "b": "READY"}


def test_what_a_paused_agent_would_do_is_not_done_for_it(call: Call) -> None:
    Agent.objects.filter(name="clerk").update(paused=True)
    routing.forget()
    try:
        run = call({"a": ("set_values", ONE)}, given={"n": 1})
        assert (run.state, states(run)) == ("RUNNING", {"a": "READY"})
    finally:
        routing.forget()


def test_a_failed_step_fails_the_run_as_it_does_with_an_agent(call: Call) -> None:
    run = call({"a": ("test_fail", {})})
    assert (run.state, run.error and run.error["code"]) == ("FAILED", "told_to_fail")


def test_a_chain_that_breaks_its_transaction_is_left_to_agents_and_nothing_of_it_stays(call: Call) -> None:
    run = call({"a": ("test_mark", {}), "b": ("test_break", {})}, "a b")
    assert (run.state, states(run)) == ("RUNNING", {"a": "READY"})
    assert not Tag.objects.exists()
    assert AuditEntry.objects.filter(action="run.started").count() == 1
    work_off()
    assert Tag.objects.count() == 1


def test_a_run_that_waits_is_answered_as_it_stands(call: Call) -> None:
    begun = time.monotonic()
    run = call({"a": ("test_ask", {})}, wait=0.3)
    assert (run.state, states(run)) == ("RUNNING", {"a": "WAITING"})
    assert 0.3 <= time.monotonic() - begun < 3


def test_what_an_agent_does_meanwhile_is_waited_for(call: Call, settings: Any) -> None:
    settings.STEP_DISPATCHER = f"{__name__}.work_at_once"
    run = call({"a": ("test_mark", {}), "b": ("test_send", {})}, "a b", wait=5)
    assert (run.state, run.output) == ("SUCCEEDED", {"sent": "mark"})


def test_the_same_key_again_answers_the_run_that_ended(manager: Actor, published: Publish) -> None:
    workflow = published({"a": ("test_mark", {})})
    first = start_run(actor=manager, workflow=workflow, key="k", wait=1)
    again = start_run(actor=manager, workflow=workflow, key="k", wait=1)
    assert (first.pk, "SUCCEEDED") == (again.pk, again.state)
    assert Tag.objects.count() == 1


CALLER = """
import sys, django
django.setup()
from crm.actors import SYSTEM
from workflows.models import Workflow
from workflows.services.runs import start_run
print("calling", flush=True)
start_run(actor=SYSTEM, workflow=Workflow.objects.get(), key="order 1", wait=10)
"""


def test_a_process_killed_while_it_carries_a_run_leaves_nothing_and_the_next_call_does_it_once(
    manager: Actor, published: Publish, process_environment: dict[str, str]
) -> None:
    customer = Customer.objects.create(name="Alice", email="alice@example.com")
    note = {"customer": customer.pk, "text": "Noted"}
    change = {"customer": customer.pk, "changes": {"phone_number": "1"}}
    workflow: Workflow = published({"a": ("add_note", note), "b": ("update_customer", change)}, "a b")
    with closing(psycopg2.connect(process_environment["DATABASE_URL"])) as other, other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM crm_customer WHERE id = %s FOR UPDATE", [customer.pk])
        caller = subprocess.Popen([sys.executable, "-c", CALLER], env=process_environment)
        until_blocked()
        kill_tree(caller.pid)
        caller.wait()
    assert (Run.objects.count(), RunKey.objects.count(), customer.activities.count()) == (0, 0, 0)
    run = start_run(actor=manager, workflow=workflow, key="order 1", wait=10)
    customer.refresh_from_db()
    assert (run.state, customer.phone_number, customer.activities.filter(kind="note").count()) == ("SUCCEEDED", "1", 1)


def until_blocked() -> None:
    """Returns once another session waits for a lock."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("nobody came to the lock")
