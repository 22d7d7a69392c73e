"""Repeats: from the start with another input, and from a step with exactly what came before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, NotAllowed
from crm.models import AuditEntry, Tag
from tests.workflows.engine import kinds
from tests.workflows.engine.conftest import Publish, Start, output, states, work_off
from tests.workflows.operations.test_pausing import at_once, client_of
from workflows.engine.repeat import copied_nodes
from workflows.engine.signals import send_signal
from workflows.models import Blob, Run, Step, StepAttempt, StepResult
from workflows.selectors.repeats import plan_repeat
from workflows.services.run_repeat import repeat_run
from workflows.services.runs import cancel_run, start_run
from workflows.services.versions import publish
from workflows.services.workflows import save_draft

pytestmark = pytest.mark.django_db(transaction=True)
Actors = Callable[[str], Actor]
MARK: tuple[str, dict[str, Any]] = ("test_mark", {})
FAIL: tuple[str, dict[str, Any]] = ("test_fail", {})


def values(**given: Any) -> tuple[str, dict[str, Any]]:
    return "set_values", {"values": given}


def finish(run: Run) -> Run:
    work_off()
    run.refresh_from_db()
    return run


def marks() -> list[str]:
    return [name.split("/")[1] for name in Tag.objects.order_by("pk").values_list("name", flat=True)]


class TestFromTheStart:
    def test_it_runs_again_with_the_input_that_it_had(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": values(text="{{ input.name }}")}, given={"name": "Ada"}))
        again = finish(repeat_run(actor=manager, run=run))
        assert (again.output, again.repeats_run, again.version_id) == ({"text": "Ada"}, run.pk, run.version_id)

    def test_it_runs_again_with_another_input(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": values(text="{{ input.name }}")}, given={"name": "Ada"}))
        again = finish(repeat_run(actor=manager, run=run, input={"name": "Bo"}))
        run.refresh_from_db()
        assert (again.output, run.input) == ({"text": "Bo"}, {"name": "Ada"})

    def test_it_runs_on_the_newest_version_if_asked(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": values(text="one")}))
        draft = {
            **run.workflow.draft,
            "nodes": [{"id": "a", "type": "set_values", "config": {"values": {"text": "2"}}}],
        }
        save_draft(actor=manager, workflow=run.workflow, document=draft, base_revision=run.workflow.revision)
        publish(actor=manager, workflow=run.workflow)
        run = Run.objects.select_related("workflow").get(pk=run.pk)
        assert finish(repeat_run(actor=manager, run=run, version="latest")).output == {"text": "2"}
        assert finish(repeat_run(actor=manager, run=run)).output == {"text": "one"}

    def test_asked_twice_with_a_key_it_is_repeated_once(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": MARK}))
        found = at_once(lambda: repeat_run(actor=manager, run=run, key="once").pk, 2)
        assert len(set(found)) == 1
        assert Run.objects.filter(repeats_run=run.pk).count() == 1


class TestFromAStep:
    def test_what_came_before_is_read_as_it_was_and_not_done_again(self, started: Start, manager: Actor) -> None:
        nodes = {
            "m": MARK,
            "b": ("test_moody", {"number": 1, "bad": []}),
            "c": values(text="{{ steps.a.output.text }}"),
        }
        run = finish(started({"a": values(text="{{ run.id }}"), **nodes}, "a m", "m b", "b c"))
        before = marks()
        again = finish(repeat_run(actor=manager, run=run, from_node="c"))
        assert (again.state, output(again, "a"), again.output) == (
            "SUCCEEDED",
            {"text": str(run.pk)},
            {"text": str(run.pk)},
        )
        assert marks() == before
        assert copied_nodes(again) == {"a", "m", "b"}
        assert set(StepAttempt.objects.filter(run_id=again.pk).values_list("node", flat=True)) == {"c"}

    def test_the_step_and_what_is_after_it_happen_again(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": MARK, "b": MARK, "c": MARK}, "a b", "b c"))
        finish(repeat_run(actor=manager, run=run, from_node="b"))
        assert marks() == ["a", "b", "c", "b", "c"]

    def test_a_join_waits_for_the_repeated_branch_and_takes_the_copied_one(
        self, started: Start, manager: Actor
    ) -> None:
        nodes = {"s": MARK, "l": MARK, "r": MARK, "j": values(text="{{ steps.l.output.marked }}")}
        run = finish(started(nodes, "s l", "s r", "l j", "r j"))
        again = finish(repeat_run(actor=manager, run=run, from_node="r"))
        assert (again.state, marks()) == ("SUCCEEDED", ["s", "l", "r", "r"])

    def test_what_did_not_end_well_in_another_branch_happens_again_too(self, started: Start, manager: Actor) -> None:
        nodes = {"s": MARK, "l": MARK, "r": ("test_mark", {"fail_on": "mark"}), "x": MARK}
        run = finish(started(nodes, "s l", "s r", "r x"))
        assert run.state == "FAILED"
        plan = plan_repeat(run=run, from_node="l")
        assert ([one.node for one in plan.copied], {one.node for one in plan.again}) == (["s"], {"l", "r", "x"})

    def test_a_branch_that_was_not_taken_stays_so(self, started: Start, manager: Actor) -> None:
        nodes = {"i": ("if", {"condition": {"$expr": "input.yes"}}), "y": MARK, "n": MARK, "z": MARK}
        run = finish(started(nodes, "i yes y", "i no n", "y z", given={"yes": True}))
        again = finish(repeat_run(actor=manager, run=run, from_node="z"))
        assert (again.state, states(again)["n"], marks()) == ("SUCCEEDED", "SKIPPED", ["y", "z", "z"])

    def test_a_container_is_copied_whole(self, started: Start, manager: Actor) -> None:
        nodes = {
            "each": {"type": "map", "config": {"items": {"$expr": "input.list"}}},
            "in": {"type": "test_mark", "config": {}, "parent": "each"},
            "after": values(count={"$expr": "steps.each.output.count"}),
        }
        run = finish(started(nodes, "each after", given={"list": [1, 2, 3]}))
        again = finish(repeat_run(actor=manager, run=run, from_node="after"))
        assert (again.output, len(marks())) == ({"count": 3}, 3)
        assert (
            Step.objects.filter(run_id=again.pk, node="in").count()
            == Step.objects.filter(run_id=run.pk, node="in").count()
        )

    def test_from_inside_a_container_the_whole_of_it_happens_again(self, started: Start, manager: Actor) -> None:
        nodes = {
            "each": {"type": "map", "config": {"items": {"$expr": "input.list"}}},
            "in": {"type": "test_mark", "config": {}, "parent": "each"},
        }
        run = finish(started(nodes, given={"list": [1, 2]}))
        again = finish(repeat_run(actor=manager, run=run, from_node="in"))
        assert (again.state, len(marks())) == ("SUCCEEDED", 4)

    def test_a_large_output_is_copied_with_its_blob(self, started: Start, manager: Actor) -> None:
        nodes = {"a": values(text={"$expr": "input.list"}), "b": values(size={"$expr": "size(steps.a.output.text)"})}
        run = finish(started(nodes, "a b", given={"list": ["x" * 100] * 4000}))
        again = finish(repeat_run(actor=manager, run=run, from_node="b"))
        assert (again.state, again.output) == (run.state, run.output)
        assert Blob.objects.filter(run_id=again.pk).count() == Blob.objects.filter(run_id=run.pk).count() == 1

    def test_what_was_undone_happens_again(self, started: Start, manager: Actor) -> None:
        nodes = {"a": MARK, "b": MARK, "f": FAIL, "u": {"type": "test_mark", "undoes": "b"}}
        run = finish(started(nodes, "a b", "b f"))
        assert marks() == ["a", "b", "u"]
        finish(repeat_run(actor=manager, run=run, from_node="f"))
        assert marks() == ["a", "b", "u", "b", "u"]

    def test_what_the_old_run_did_is_not_the_new_ones_to_undo(self, started: Start, manager: Actor) -> None:
        nodes = {"a": MARK, "w": "test_ask", "u": {"type": "test_mark", "undoes": "a"}}
        run = started(nodes, "a w")
        work_off()
        send_signal(run_id=run.pk, node="w", item=0, key="k", payload={})
        assert finish(run).state == "SUCCEEDED"
        again = repeat_run(actor=manager, run=run, from_node="w")
        work_off()
        cancel_run(actor=manager, run=again)
        assert (finish(again).state, states(again)["u"], marks()) == ("CANCELLED", "SKIPPED", ["a"])

    def test_a_crash_in_the_middle_leaves_nothing(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": MARK, "b": MARK}, "a b"))
        count = Step.objects.count(), StepResult.objects.count(), Run.objects.count()
        with transaction.atomic():
            repeat_run(actor=manager, run=run, from_node="b", key="k")
            transaction.set_rollback(True)  # killed
        assert (Step.objects.count(), StepResult.objects.count(), Run.objects.count()) == count
        assert finish(repeat_run(actor=manager, run=run, from_node="b", key="k")).state == "SUCCEEDED"


class TestRefusals:
    def test_an_open_run_is_not_repeated_from_a_step(self, started: Start, manager: Actor) -> None:
        run = started({"a": MARK, "w": "test_ask"}, "a w")
        work_off()
        with pytest.raises(Conflict, match="still open"):
            repeat_run(actor=manager, run=run, from_node="a")
        assert Run.objects.count() == 1

    def test_neither_another_input_nor_another_version_goes_with_a_step(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": MARK}))
        changes: list[dict[str, Any]] = [{"input": {}}, {"version": "latest"}]
        for more in changes:
            with pytest.raises(InvalidInput):
                repeat_run(actor=manager, run=run, from_node="a", **more)
        assert Run.objects.count() == 1

    def test_not_from_a_step_that_the_run_did_not_come_to(self, started: Start, manager: Actor) -> None:
        run = finish(started({"a": FAIL, "b": MARK}, "a b"))
        for node in ("b", "nowhere"):
            with pytest.raises(InvalidInput):
                repeat_run(actor=manager, run=run, from_node=node)
        assert Run.objects.count() == 1

    def test_a_viewer_and_an_operator_may_not(self, started: Start, actors: Actors) -> None:
        run = finish(started({"a": MARK}))
        for role in ("viewer", "operator"):
            with pytest.raises(NotAllowed):
                repeat_run(actor=actors(role), run=run)
        assert (Run.objects.count(), Tag.objects.count()) == (1, 1)


class TestAddresses:
    def test_a_builder_sees_what_happens_again_and_repeats_over_the_api(self, started: Start, actors: Actors) -> None:
        run = finish(started({"a": values(x=1), "b": MARK}, "a b"))
        client = client_of(actors("builder"))
        address = f"/api/v1/runs/{run.pk}/repeat"
        plan = client.get(f"{address}?from=b").json()
        assert ([one["node"] for one in plan["copied"]], plan["again"][0]["effect"]) == (["a"], "LOCAL")
        fresh = client.post(address, {"from": "b"}, content_type="application/json")
        assert (fresh.status_code, fresh.json()["number"]) == (201, run.number + 1)
        assert client.post(address, {"from": "b", "x": 1}, content_type="application/json").status_code == 422
        assert AuditEntry.objects.filter(action="run.repeated").count() == 1

    def test_the_page_says_what_happens_again_and_a_double_click_repeats_once(
        self, started: Start, actors: Actors
    ) -> None:
        run = finish(started({"a": values(x=1), "b": MARK}, "a b"))
        client = client_of(actors("builder"))
        shown = client.get(f"/runs/{run.pk}/repeat/?from=b").content.decode()
        assert "changes records in Rapport again" in shown
        for _ in range(2):
            assert client.post(f"/runs/{run.pk}/repeat/", {"from": "b", "once": "abc"}).status_code == 302
        assert Run.objects.filter(repeats_run=run.pk).count() == 1
        assert client_of(actors("viewer")).get(f"/runs/{run.pk}/repeat/").status_code == 403
        assert Client().post(f"/runs/{run.pk}/repeat/", {}).status_code == 302
        assert Run.objects.filter(repeats_run=run.pk).count() == 1

    def test_input_that_is_no_json_is_said_to_be(self, started: Start, actors: Actors) -> None:
        run = finish(started({"a": MARK}))
        answer = client_of(actors("manager")).post(f"/runs/{run.pk}/repeat/", {"input": "{no", "once": "x"})
        assert (answer.status_code, Run.objects.count()) == (422, 1)


def test_a_mail_that_was_sent_is_sent_under_a_new_key(published: Publish, manager: Actor) -> None:
    workflow = published({"a": MARK, "m": ("test_mail", {})}, "a m")
    run = finish(start_run(actor=manager, workflow=workflow))
    finish(repeat_run(actor=manager, run=run, from_node="m"))
    assert len(set(kinds.sent)) == 2
