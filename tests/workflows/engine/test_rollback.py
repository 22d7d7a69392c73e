"""What happens to a run that fails: it undoes what it did, asks a person, tells another workflow, or ends in time."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from crm.actors import Actor
from crm.models import AuditEntry, Tag
from tests.workflows.engine.conftest import Start, code_of, document_of, error_of, states, work_off
from workflows.engine.decisions import Decision, Verdict
from workflows.engine.drain import drain_events
from workflows.engine.refs import StepRef
from workflows.engine.sweep import sweep
from workflows.models import Run, Step
from workflows.services.runs import cancel_run, decide_step, start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document

MARK: tuple[str, dict[str, Any]] = ("test_mark", {})
FAIL: tuple[str, dict[str, Any]] = ("test_fail", {})


def undo(node: str, kind: str = "test_mark", **config: Any) -> dict[str, Any]:
    return {"type": kind, "config": config, "undoes": node}


def marks_in_order() -> list[str]:
    return [name.split("/")[1] for name in Tag.objects.order_by("pk").values_list("name", flat=True)]


def finish(run: Run) -> Run:
    work_off()
    run.refresh_from_db()
    return run


def decide(actor: Actor, run: Run, node: str, verdict: Verdict, **more: Any) -> None:
    decision = Decision(verdict, by=actor.name, reason="Looked it up", **more)
    decide_step(actor=actor, run=run, ref=StepRef(run.pk, node), decision=decision)


class TestUndo:
    NODES = {"a": MARK, "b": MARK, "c": FAIL, "undo_a": undo("a"), "undo_b": undo("b"), "undo_c": undo("c")}

    def test_a_run_that_fails_undoes_what_it_did_the_latest_first(self, started: Start) -> None:
        run = finish(started(self.NODES, "a b", "b c"))
        assert (run.state, run.ending, error_of(run)["node"]) == ("FAILED", "", "c")
        assert marks_in_order() == ["a", "b", "undo_b", "undo_a"]

    def test_a_run_that_succeeds_undoes_nothing(self, started: Start) -> None:
        run = finish(started({"a": MARK, "undo_a": undo("a")}))
        assert (run.state, marks_in_order()) == ("SUCCEEDED", ["a"])

    def test_a_run_that_is_cancelled_undoes_what_it_did(self, started: Start, manager: Actor) -> None:
        run = started({"a": MARK, "w": "test_ask", "undo_a": undo("a")}, "a w")
        work_off()
        cancel_run(actor=manager, run=run)
        run.refresh_from_db()
        assert (run.state, run.ending) == ("RUNNING", "CANCELLED")
        assert (finish(run).state, marks_in_order()) == ("CANCELLED", ["a", "undo_a"])

    def test_an_undo_step_reads_what_the_step_gave(self, started: Start) -> None:
        nodes = {"a": ("test_mark", {"text": "seven"}), "f": FAIL}
        again = {"type": "test_mark", "config": {"text": "{{ steps.a.output.marked }}!"}, "undoes": "a"}
        run = finish(started({**nodes, "u": again}, "a f"))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT output->>'marked' FROM workflows_stepresult WHERE run_id = %s AND node='u'", [run.pk]
            )
            assert cursor.fetchone()[0] == "seven!"

    def test_an_undo_step_that_fails_is_handed_to_a_person(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": MARK, "b": FAIL, "u": undo("a", "test_fail")}, "a b"))
        step = Step.objects.get(run_id=run.pk, node="u")
        assert (run.state, step.state, step.waits_for) == ("RUNNING", "WAITING", "decision")
        decide(manager, run, "u", Verdict.DONE)
        assert finish(run).state == "FAILED"

    def test_one_that_can_not_be_undone_does_not_keep_the_others(self, started: Start, manager: Actor) -> None:
        nodes = {"a": MARK, "b": MARK, "c": FAIL, "undo_a": undo("a"), "undo_b": undo("b", "test_fail")}
        run = finish(started(nodes, "a b", "b c"))
        decide(manager, run, "undo_b", Verdict.FAILED)
        assert (finish(run).state, marks_in_order()) == ("FAILED", ["a", "b", "undo_a"])

    def test_while_it_is_undone_a_run_can_not_be_cancelled_half_way(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": MARK, "b": FAIL, "u": undo("a", "test_ask")}, "a b"))
        with pytest.raises(Exception, match="ended already"):
            cancel_run(actor=manager, run=run)
        assert states(run)["u"] == "WAITING"


class TestAsking:
    NODES = {"a": {"type": "test_fail", "config": {}, "on_failure": "ask"}, "b": MARK}

    def test_a_step_that_failed_waits_for_a_person(self, started: Start) -> None:
        run = finish(started(self.NODES, "a b"))
        step = Step.objects.get(run_id=run.pk, node="a")
        assert (run.state, step.state, step.waits_for) == ("RUNNING", "WAITING", "decision")

    def test_done_by_hand_goes_on_with_what_the_person_gives(self, started: Start, manager: Actor) -> None:
        run = finish(started(self.NODES, "a b"))
        decide(manager, run, "a", Verdict.DONE, output={"by_hand": True})
        assert (finish(run).state, marks_in_order()) == ("SUCCEEDED", ["b"])
        entry = AuditEntry.objects.get(action="run.step_decided")
        assert (entry.after["verdict"], entry.after["reason"]) == ("done", "Looked it up")

    def test_tried_again_its_tries_are_counted_anew(self, started: Start, manager: Actor) -> None:
        nodes = {"a": {"type": "test_fail", "config": {"times": 1}, "on_failure": "ask"}}
        run = finish(started(nodes))
        decide(manager, run, "a", Verdict.RETRY)
        assert finish(run).state == "SUCCEEDED"

    def test_failed_for_good_fails_the_run_and_undoes_it(self, started: Start, manager: Actor) -> None:
        nodes = {"z": MARK, **self.NODES, "u": undo("z")}
        run = finish(started(nodes, "z a", "a b"))
        decide(manager, run, "a", Verdict.FAILED)
        assert (finish(run).state, marks_in_order()) == ("FAILED", ["z", "u"])

    def test_without_a_reason_nothing_is_decided(self, started: Start, manager: Actor) -> None:
        run = finish(started(self.NODES, "a b"))
        with pytest.raises(Exception, match="why"):
            decide_step(
                actor=manager, run=run, ref=StepRef(run.pk, "a"), decision=Decision(Verdict.RETRY, by="meg", reason=" ")
            )
        assert states(run)["a"] == "WAITING"


def with_settings(manager: Actor, name: str, nodes: dict[str, Any], *edges: str, **settings: Any) -> Run:
    document = {**document_of(nodes, *edges), "name": name, "settings": settings}
    workflow = import_document(actor=manager, document=document)
    publish(actor=manager, workflow=workflow)
    workflow.refresh_from_db()
    return start_run(actor=manager, workflow=workflow, input={"customer": 7})


class TestSettings:
    def test_a_run_past_its_deadline_fails_and_is_undone(self, manager: Actor) -> None:
        nodes = {"a": MARK, "w": "test_ask", "u": undo("a")}
        run = with_settings(manager, "Slow", nodes, "a w", deadline_seconds=3600)
        work_off()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE workflows_step SET wake_at = now() WHERE run_id=%s AND kind='control'", [run.pk])
        sweep()
        assert (finish(run).state, code_of(run)) == ("FAILED", "deadline_passed")
        assert (states(run)["w"], marks_in_order()) == ("CANCELLED", ["a", "u"])

    def test_a_run_that_ends_in_time_leaves_no_deadline_behind(self, manager: Actor) -> None:
        run = finish(with_settings(manager, "Quick", {"a": MARK}, deadline_seconds=3600))
        assert (run.state, Step.objects.filter(run_id=run.pk, wake_at__isnull=False).count()) == ("SUCCEEDED", 0)

    def test_a_failure_starts_the_workflow_that_is_named_for_it_once(self, manager: Actor) -> None:
        with_settings(manager, "Helper", {"h": MARK})
        run = finish(with_settings(manager, "Fails", {"a": FAIL}, on_failure="helper"))
        while drain_events():
            pass
        work_off()
        helper = Run.objects.get(started_by__contains="failed")
        assert (helper.input["run"]["id"], helper.input["error"]["code"]) == (str(run.pk), "told_to_fail")
        assert helper.input["input"] == {"customer": 7}

    def test_the_priority_of_a_workflow_is_that_of_its_runs_and_a_step_may_have_its_own(self, manager: Actor) -> None:
        nodes = {"a": "test_ask", "b": {"type": "test_ask", "priority": 9}}
        run = with_settings(manager, "Urgent", nodes, priority=4)
        work_off()
        found = dict(Step.objects.filter(run_id=run.pk).values_list("node", "priority"))
        assert (found["a"], found["b"], run.priority) == (4, 9, 4)
