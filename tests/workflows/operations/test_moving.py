"""Runs in flight when another version is published: they finish, are moved, or begin anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from agents import executor
from crm.actors import Actor
from crm.errors import Conflict, NotAllowed
from crm.models import AuditEntry, Tag
from tests.workflows.engine.conftest import Publish, document_of, output, states, work_off
from tests.workflows.operations.test_pausing import claimed, client_of
from workflows.engine.moving import move, why_not
from workflows.engine.refs import StepRef
from workflows.engine.signals import send_signal
from workflows.models import Run, RunBatch, Step, StepAttempt, StepResult, Version, Workflow
from workflows.selectors.in_flight import preview
from workflows.services.in_flight import choose_for_runs_in_flight
from workflows.services.run_batches import run_batch
from workflows.services.run_moves import move_run, restart_run
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import save_draft

pytestmark = pytest.mark.django_db(transaction=True)
Actors = Callable[[str], Actor]
MARK: tuple[str, dict[str, Any]] = ("test_mark", {})
FAIL: tuple[str, dict[str, Any]] = ("test_fail", {})
ASK = "test_ask"


def begin(actor: Actor, workflow: Workflow) -> Run:
    run = start_run(actor=actor, workflow=workflow)
    work_off()
    return run


def republish(actor: Actor, workflow: Workflow, nodes: dict[str, Any], *edges: str) -> Version:
    workflow.refresh_from_db()
    document = document_of(nodes, *edges)
    save_draft(actor=actor, workflow=workflow, document=document, base_revision=workflow.revision)
    workflow.refresh_from_db()
    return publish(actor=actor, workflow=workflow).version


def answer(run: Run, node: str = "w") -> Run:
    send_signal(run_id=run.pk, node=node, item=0, key="k", payload={})
    work_off()
    run.refresh_from_db()
    return run


def marks() -> list[str]:
    return [name.split("/")[1] for name in Tag.objects.order_by("pk").values_list("name", flat=True)]


class TestMove:
    def test_what_has_not_begun_follows_the_new_version(self, published: Publish, manager: Actor) -> None:
        workflow = published({"a": MARK, "w": ASK, "b": MARK}, "a w", "w b")
        run = begin(manager, workflow)
        version = republish(manager, workflow, {"a": MARK, "w": ASK, "c": MARK, "d": MARK}, "a w", "w c", "c d")
        assert move(run.pk, version.pk, {}) == ""
        assert (answer(run).state, run.version_id, marks()) == ("SUCCEEDED", version.pk, ["a", "c", "d"])

    def test_a_join_is_counted_anew(self, published: Publish, manager: Actor) -> None:
        workflow = published({"s": MARK, "l": MARK, "w": ASK, "j": MARK}, "s l", "s w", "l j", "w j")
        run = begin(manager, workflow)
        assert states(run)["j"] == "PENDING"
        nodes = {"s": MARK, "l": MARK, "w": ASK, "x": MARK, "j": MARK}
        version = republish(manager, workflow, nodes, "s l", "s w", "s x", "l j", "w j", "x j")
        assert move(run.pk, version.pk, {}) == ""
        work_off()
        assert (marks(), states(run)["j"]) == (["s", "l", "x"], "PENDING")
        assert (answer(run).state, marks()) == ("SUCCEEDED", ["s", "l", "x", "j"])

    def test_a_step_that_ended_is_known_by_its_new_name(self, published: Publish, manager: Actor) -> None:
        workflow = published({"a": ("set_values", {"values": {"x": 7}}), "w": ASK}, "a w")
        run = begin(manager, workflow)
        nodes = {
            "first": ("set_values", {"values": {"x": 8}}),
            "w": ASK,
            "b": ("set_values", {"values": {"y": {"$expr": "steps.first.output.x"}}}),
        }
        version = republish(manager, workflow, nodes, "first w", "w b")
        assert "no such step" in why_not(run.pk, version.pk, {})
        assert move(run.pk, version.pk, {"a": "first"}) == ""
        assert (answer(run).state, output(run, "b")) == ("SUCCEEDED", {"y": 7})
        for model in (Step, StepResult, StepAttempt):
            assert not model.objects.filter(run_id=run.pk, node="a").exists()

    def test_two_steps_may_swap_their_names(self, published: Publish, manager: Actor) -> None:
        one, two = ("set_values", {"values": {"n": 1}}), ("set_values", {"values": {"n": 2}})
        workflow = published({"a": one, "b": two, "w": ASK}, "a b", "b w")
        run = begin(manager, workflow)
        version = republish(manager, workflow, {"b": one, "a": two, "w": ASK}, "b a", "a w")
        assert move(run.pk, version.pk, {"a": "b", "b": "a"}) == ""
        assert (output(run, "a"), output(run, "b"), answer(run).state) == ({"n": 2}, {"n": 1}, "SUCCEEDED")

    def test_a_failure_before_the_move_still_fails_the_run(self, published: Publish, manager: Actor) -> None:
        workflow = published({"s": MARK, "f": FAIL, "w": ASK}, "s f", "s w")
        run = begin(manager, workflow)
        version = republish(manager, workflow, {"s": MARK, "f": FAIL, "w": ASK, "z": MARK}, "s f", "s w", "w z")
        assert move(run.pk, version.pk, {}) == ""
        assert (answer(run).state, marks()) == ("FAILED", ["s", "z"])

    def test_a_worker_in_the_middle_of_a_step_goes_on_in_the_new_version(
        self, published: Publish, manager: Actor
    ) -> None:
        workflow = published({"m": ("test_mail", {}), "b": MARK}, "m b")
        run = start_run(actor=manager, workflow=workflow)
        chain = claimed(StepRef(run.pk, "m"))
        version = republish(manager, workflow, {"m": ("test_mail", {}), "c": MARK}, "m c")
        assert move(run.pk, version.pk, {}) == ""
        executor._proceed(chain)
        work_off()
        run.refresh_from_db()
        assert (run.state, marks()) == ("SUCCEEDED", ["c"])

    def test_a_trigger_of_the_new_version_did_not_start_it(self, published: Publish, manager: Actor) -> None:
        workflow = published({"t": ("trigger_person", {}), "w": ASK}, "t w")
        run = begin(manager, workflow)
        nodes = {"t": ("trigger_person", {}), "w": ASK, "t2": ("trigger_person", {}), "b": MARK}
        version = republish(manager, workflow, nodes, "t w", "t2 b")
        assert move(run.pk, version.pk, {}) == ""
        assert (answer(run).state, states(run)["b"], marks()) == ("SUCCEEDED", "SKIPPED", [])


class TestWhyNot:
    @pytest.fixture
    def run(self, published: Publish, manager: Actor) -> Run:
        return begin(manager, published({"a": MARK, "w": ASK, "b": MARK}, "a w", "w b"))

    def fault(self, manager: Actor, run: Run, nodes: dict[str, Any], *edges: str, **mapping: str) -> str:
        version = republish(manager, run.workflow, nodes, *edges)
        before = list(Step.objects.filter(run_id=run.pk).order_by("node").values())
        found = move(run.pk, version.pk, mapping)
        assert list(Step.objects.filter(run_id=run.pk).order_by("node").values()) == before
        assert found == why_not(run.pk, version.pk, mapping)
        return found

    def test_a_step_that_has_begun_is_gone(self, manager: Actor, run: Run) -> None:
        assert "no such step" in self.fault(manager, run, {"w": ASK, "b": MARK}, "w b")

    def test_it_is_of_another_type(self, manager: Actor, run: Run) -> None:
        assert "test_fail" in self.fault(manager, run, {"a": FAIL, "w": ASK}, "a w")

    def test_another_comes_before_it(self, manager: Actor, run: Run) -> None:
        nodes = {"a": MARK, "n": MARK, "w": ASK, "b": MARK}
        assert "comes before" in self.fault(manager, run, nodes, "a n", "n w", "w b")

    def test_one_under_way_can_not_be_renamed(self, manager: Actor, run: Run) -> None:
        nodes = {"a": MARK, "v": ASK, "b": MARK}
        assert "under way" in self.fault(manager, run, nodes, "a v", "v b", w="v")

    def test_two_are_led_to_one(self, manager: Actor, run: Run) -> None:
        assert "two of its steps" in self.fault(manager, run, {"a": MARK, "w": ASK}, "a w", w="a")

    def test_it_is_at_items_of_another_body(self, published: Publish, manager: Actor) -> None:
        each = ("map", {"items": [1, 2]})
        workflow = published({"each": each, "in": {"type": ASK, "parent": "each"}})
        run = begin(manager, workflow)
        nodes = {"each": each, "in": {"type": ASK, "parent": "each"}, "more": {"type": "test_mark", "parent": "each"}}
        assert "at its items" in self.fault(manager, run, nodes, "in more")

    def test_at_the_same_items_it_can_be_moved(self, published: Publish, manager: Actor) -> None:
        each = ("map", {"items": [1, 2]})
        workflow = published({"each": each, "in": {"type": ASK, "parent": "each"}})
        run = begin(manager, workflow)
        version = republish(
            manager, workflow, {"each": each, "in": {"type": ASK, "parent": "each"}, "z": MARK}, "each z"
        )
        assert move(run.pk, version.pk, {}) == ""
        for item in (1, 2):
            send_signal(run_id=run.pk, node="in", item=item, key="k", payload={})
        work_off()
        run.refresh_from_db()
        assert (run.state, marks()) == ("SUCCEEDED", ["z"])

    def test_a_run_that_ended_stays_where_it_is(self, manager: Actor, run: Run) -> None:
        answer(run)
        version = republish(manager, run.workflow, {"a": MARK, "w": ASK}, "a w")
        with pytest.raises(Conflict, match="ended"):
            move_run(actor=manager, run=run, version=version, mapping={})

    def test_a_crash_in_the_middle_leaves_it_as_it_was(self, manager: Actor, run: Run) -> None:
        version = republish(manager, run.workflow, {"a": MARK, "w": ASK, "c": MARK}, "a w", "w c")
        with transaction.atomic():
            assert move(run.pk, version.pk, {}) == ""
            transaction.set_rollback(True)
        assert (answer(run).state, marks()) == ("SUCCEEDED", ["a", "b"])


class TestRestart:
    def test_it_is_cancelled_undone_and_begun_anew_once(self, published: Publish, manager: Actor) -> None:
        nodes = {"a": MARK, "w": ASK, "u": {"type": "test_mark", "undoes": "a"}}
        workflow = published(nodes, "a w")
        run = begin(manager, workflow)
        version = republish(manager, workflow, {**nodes, "b": MARK}, "a w", "w b")
        fresh = restart_run(actor=manager, run=run, version=version)
        with pytest.raises(Conflict):
            restart_run(actor=manager, run=run, version=version)
        work_off()
        run.refresh_from_db()
        assert (run.state, fresh.version_id, fresh.repeats_run) == ("CANCELLED", version.pk, run.pk)
        assert (answer(fresh).state, Run.objects.count()) == ("SUCCEEDED", 2)


class TestChoice:
    @pytest.fixture
    def workflow(self, published: Publish, manager: Actor) -> Workflow:
        found = published({"a": MARK, "w": ASK}, "a w")
        for _ in range(2):
            begin(manager, found)
        return found

    def draw(self, manager: Actor, workflow: Workflow) -> None:
        workflow.refresh_from_db()
        document = document_of({"a": MARK, "w": ASK, "b": MARK}, "a w", "w b")
        save_draft(actor=manager, workflow=workflow, document=document, base_revision=workflow.revision)

    def test_published_with_a_choice_they_are_moved(self, workflow: Workflow, actors: Actors, manager: Actor) -> None:
        self.draw(manager, workflow)
        client = client_of(actors("builder"))
        body = {"in_flight": "move"}
        told = client.post(f"/api/v1/workflows/{workflow.key}/publish", body, content_type="application/json").json()
        run_batch(told["in_flight"]["id"])
        assert set(Run.objects.values_list("version__number", flat=True)) == {2}
        assert AuditEntry.objects.filter(action="run.moved").count() == 2

    def test_published_without_one_they_finish_on_their_own(
        self, workflow: Workflow, actors: Actors, manager: Actor
    ) -> None:
        self.draw(manager, workflow)
        address = f"/api/v1/workflows/{workflow.key}/publish"
        told = client_of(actors("builder")).post(address, {}, content_type="application/json").json()
        assert (told["in_flight"], RunBatch.objects.count()) == (None, 0)

    def test_the_preview_says_which_can_be_moved(self, workflow: Workflow, actors: Actors, manager: Actor) -> None:
        republish(manager, workflow, {"a": MARK, "w": FAIL}, "a w")
        client = client_of(actors("viewer"))
        found = client.get(f"/api/v1/workflows/{workflow.key}/in_flight").json()
        assert (found["total"], found["to_version"]) == (2, 2)
        assert "test_fail" in found["results"][0]["why_not"]
        page = client.get(f"/workflows/{workflow.key}/in-flight/").content.decode()
        assert "test_fail" in page
        assert 'value="restart"' not in page
        assert preview(actor=manager, workflow=workflow, mapping={}).total == 2

    def test_begun_anew_by_the_form(self, workflow: Workflow, actors: Actors, manager: Actor) -> None:
        republish(manager, workflow, {"a": MARK, "w": ASK, "b": MARK}, "a w", "w b")
        client = client_of(actors("manager"))
        address = f"/workflows/{workflow.key}/in-flight/choose/"
        assert client.post(address, {"choice": "restart", "mapping": "{no"}).status_code == 422
        assert client.post(address, {"choice": "restart"}).status_code == 302
        run_batch(RunBatch.objects.get().pk)
        work_off()
        assert sorted(Run.objects.values_list("state", flat=True)) == ["CANCELLED"] * 2 + ["RUNNING"] * 2

    def test_a_viewer_may_not_choose(self, workflow: Workflow, actors: Actors, manager: Actor) -> None:
        republish(manager, workflow, {"a": MARK, "w": ASK, "b": MARK}, "a w", "w b")
        with pytest.raises(NotAllowed):
            choose_for_runs_in_flight(actor=actors("viewer"), workflow=workflow, choice="move")
        assert (
            client_of(actors("operator"))
            .post(f"/workflows/{workflow.key}/in-flight/choose/", {"choice": "move"})
            .status_code
            == 403
        )
        assert RunBatch.objects.count() == 0
