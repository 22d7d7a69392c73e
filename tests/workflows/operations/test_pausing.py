"""Pause and resume: no step starts while a run is paused, and none is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from agents import executor
from agents.worker import STRANGER
from crm.actors import Actor
from crm.errors import Conflict, NotAllowed
from crm.models import AuditEntry, Tag
from tests.workflows.conftest import member_of
from tests.workflows.engine.conftest import Start, states, sweep_now, work_off
from workflows.engine import pausing, rows
from workflows.engine.refs import StepRef
from workflows.engine.signals import send_signal
from workflows.models import Run, Step
from workflows.selectors.runs import get_run, shown_state
from workflows.services.run_control import pause_run, resume_run
from workflows.services.runs import cancel_run

pytestmark = pytest.mark.django_db(transaction=True)
Actors = Callable[[str], Actor]
MARK: tuple[str, dict[str, Any]] = ("test_mark", {})


def client_of(actor: Actor) -> Client:
    client = Client()
    client.force_login(member_of(actor), "django.contrib.auth.backends.ModelBackend")
    return client


def ended(run: Run) -> str:
    work_off()
    run.refresh_from_db()
    return run.state


class TestPause:
    def test_no_step_of_a_paused_run_starts_and_all_start_when_it_goes_on(self, started: Start, manager: Actor) -> None:
        run = started({"a": MARK, "b": MARK, "c": MARK}, "a b")
        pause_run(actor=manager, run=run)
        assert (work_off(), Tag.objects.count(), states(run)["a"]) == (0, 0, "WAITING")
        assert shown_state(get_run(actor=manager, run_id=run.pk)) == "PAUSED"
        resume_run(actor=manager, run=run)
        assert (ended(run), Tag.objects.count()) == ("SUCCEEDED", 3)
        assert not Step.objects.filter(run_id=run.pk, held=True).exists()

    def test_the_sweeper_lets_held_steps_lie_for_days(self, started: Start, manager: Actor) -> None:
        run = started({"a": MARK})
        pause_run(actor=manager, run=run)
        for _ in range(3):
            sweep_now()
        assert (work_off(), states(run)["a"]) == (0, "WAITING")

    def test_a_step_under_way_finishes_and_what_follows_is_held(self, started: Start, manager: Actor) -> None:
        run = started({"a": ("test_mail", {}), "b": MARK}, "a b")
        paused = Event()

        def meanwhile() -> None:
            pause_run(actor=manager, run=run)
            paused.set()
            connection.close()

        chain = claimed(StepRef(run.pk, "a"))
        thread = Thread(target=meanwhile)
        thread.start()
        thread.join()
        executor._go_on(run.pk, chain, STRANGER)
        assert paused.is_set()
        assert (states(run)["a"], Tag.objects.count()) == ("SUCCEEDED", 0)
        assert Step.objects.get(run_id=run.pk, node="b").held
        resume_run(actor=manager, run=run)
        assert (ended(run), Tag.objects.count()) == ("SUCCEEDED", 1)

    def test_a_timer_that_ends_while_the_run_is_paused_is_acted_on_afterwards(
        self, started: Start, manager: Actor
    ) -> None:
        run = started({"a": ("test_pause", {"seconds": 60}), "b": MARK}, "a b")
        work_off()
        pause_run(actor=manager, run=run)
        sweep_now()
        assert (work_off(), Step.objects.get(run_id=run.pk, node="a").held) == (1, True)
        resume_run(actor=manager, run=run)
        assert ended(run) == "SUCCEEDED"

    def test_an_answer_that_comes_while_the_run_is_paused_is_kept(self, started: Start, manager: Actor) -> None:
        run = started({"a": "test_ask", "b": MARK}, "a b")
        work_off()
        pause_run(actor=manager, run=run)
        send_signal(run_id=run.pk, node="a", item=0, key="k", payload={"yes": True})
        work_off()
        assert Tag.objects.count() == 0
        resume_run(actor=manager, run=run)
        assert ended(run) == "SUCCEEDED"

    def test_a_paused_run_can_be_cancelled_and_is_undone(self, started: Start, manager: Actor) -> None:
        nodes = {"a": MARK, "w": "test_ask", "u": {"type": "test_mark", "undoes": "a"}}
        run = started(nodes, "a w")
        work_off()
        pause_run(actor=manager, run=run)
        cancel_run(actor=manager, run=run)
        assert (ended(run), run.paused_at) == ("CANCELLED", None)
        assert Tag.objects.count() == 2


def claimed(ref: StepRef) -> executor.Claimed:
    found = executor._claim_and_run(ref, STRANGER)
    assert isinstance(found, executor.Claimed)
    return found


class TestRefusals:
    def test_who_may_not_cancel_may_not_pause(self, started: Start, manager: Actor, actors: Actors) -> None:
        run = started({"a": MARK})
        for role in ("viewer", "operator"):
            with pytest.raises(NotAllowed):
                pause_run(actor=actors(role), run=run)
        run.refresh_from_db()
        assert (run.paused_at, states(run)["a"]) == (None, "READY")

    def test_a_builder_may_over_the_api_and_the_page(self, started: Start, actors: Actors) -> None:
        run = started({"a": MARK})
        client = client_of(actors("builder"))
        assert client.post(f"/api/v1/runs/{run.pk}/pause").json()["state"] == "PAUSED"
        assert client.post(f"/api/v1/runs/{run.pk}/pause").status_code == 409
        assert client.post(f"/runs/{run.pk}/resume/").status_code == 302
        assert client.post(f"/api/v1/runs/{run.pk}/resume").json()["code"] == "not_paused"
        assert client.get("/api/v1/runs?state=PAUSED").json()["results"] == []

    def test_strangers_and_viewers_are_refused_over_the_api(self, started: Start, actors: Actors) -> None:
        run = started({"a": MARK})
        assert Client().post(f"/api/v1/runs/{run.pk}/pause").status_code in (401, 403)
        assert client_of(actors("viewer")).post(f"/api/v1/runs/{run.pk}/pause").status_code == 403
        run.refresh_from_db()
        assert run.paused_at is None

    def test_a_run_that_ended_is_not_paused(self, started: Start, manager: Actor) -> None:
        run = started({"a": MARK})
        work_off()
        with pytest.raises(Conflict):
            pause_run(actor=manager, run=run)
        assert not AuditEntry.objects.filter(action="run.paused").exists()


class TestRaces:
    def test_of_two_who_pause_at_once_one_does(self, started: Start, manager: Actor) -> None:
        run = started({"a": MARK, "b": MARK})
        results = at_once(lambda: pause_run(actor=manager, run=run), 2)
        assert sorted(type(one).__name__ for one in results) == ["Conflict", "NoneType"]

    def test_a_pause_waits_for_a_chain_in_its_transaction_and_holds_what_it_brings_forth(
        self, started: Start, manager: Actor
    ) -> None:
        run = started({"a": MARK, "b": MARK}, "a b")
        begun, go_on = Event(), Event()

        def chain() -> None:
            with transaction.atomic():
                task = rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
                assert task is not None
                begun.set()
                go_on.wait(10)
                transaction.set_rollback(True)  # the worker is killed
            connection.close()

        def pauses() -> None:
            pause_run(actor=manager, run=run)
            connection.close()

        worker, person = Thread(target=chain), Thread(target=pauses)
        worker.start()
        begun.wait(10)
        person.start()
        go_on.set()
        worker.join()
        person.join()
        assert (work_off(), states(run)["a"]) == (0, "WAITING")

    def test_a_step_claimed_before_a_resume_is_not_held_after_it(self, started: Start, manager: Actor) -> None:
        run = started({"a": MARK})
        pausing.pause(run.pk)
        pausing.resume(run.pk)
        claim = rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
        assert claim is not None
        assert not rows.hold_back(StepRef(run.pk, "a"), claim[0].attempt)


def at_once(act: Callable[[], object], times: int) -> list[object]:
    barrier = Barrier(times)
    results: list[object] = []

    def run() -> None:
        barrier.wait(10)
        try:
            results.append(act())
        except Exception as error:
            results.append(error)
        connection.close()

    threads = [Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
