"""Limits: one at a time for a key, in line, left out, replaced, once it is quiet; so many in a time; whole runs too."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from crm.actors import Actor
from crm.models import Tag
from tests.workflows.engine.conftest import Publish, code_of, document_of, states, work_off
from workflows.engine.history import check_history
from workflows.engine.signals import send_signal
from workflows.engine.sweep import sweep
from workflows.models import Run, Slot, Step, Workflow
from workflows.services.runs import cancel_run, start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document
from workflows.states import OPEN


def limited(**limit: Any) -> dict[str, Any]:
    return {"type": "test_ask", "limit": {"key": "{{ input.key }}", **limit}}


def answer(run: Run, node: str = "a") -> None:
    send_signal(run_id=run.pk, node=node, item=0, key="answer", payload={"ok": True})
    work_off()
    run.refresh_from_db()


def wait_over(run: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET wake_at = clock_timestamp() WHERE run_id = %s AND waits_for = 'limit'", [run.pk]
        )
    sweep()
    work_off()
    run.refresh_from_db()


@pytest.fixture
def starts(manager: Actor, published: Publish) -> Any:
    """Starts runs of one workflow, each with a key."""

    def several(nodes: dict[str, Any], *edges: str, keys: str) -> list[Run]:
        workflow = published(nodes, *edges)
        runs = []
        for key in keys:
            runs.append(start_run(actor=manager, workflow=workflow, input={"key": key}))
            work_off()
        return runs

    return several


def test_a_second_step_for_the_key_waits_until_the_first_has_ended(starts: Any) -> None:
    first, second = starts({"a": limited(at_once=1)}, keys="xx")
    assert Step.objects.get(run_id=second.pk, node="a").waits_for == "limit"
    answer(first)
    assert Step.objects.get(run_id=second.pk, node="a").waits_for == "person"
    answer(second)
    assert (first.state, second.state, Slot.objects.count()) == ("SUCCEEDED", "SUCCEEDED", 0)


def test_other_keys_do_not_wait(starts: Any) -> None:
    runs = starts({"a": limited(at_once=1)}, keys="xy")
    assert [Step.objects.get(run_id=run.pk, node="a").waits_for for run in runs] == ["person", "person"]


def test_those_in_line_go_in_the_order_in_which_they_came(starts: Any) -> None:
    first, second, third = starts({"a": limited(at_once=1)}, keys="xxx")
    answer(first)
    waits = [Step.objects.get(run_id=run.pk, node="a").waits_for for run in (second, third)]
    assert waits == ["person", "limit"]


def test_a_cancelled_run_gives_its_place_to_the_next(starts: Any, manager: Actor) -> None:
    first, second = starts({"a": limited(at_once=1)}, keys="xx")
    cancel_run(actor=manager, run=first)
    work_off()
    assert Step.objects.get(run_id=second.pk, node="a").waits_for == "person"


def test_one_in_line_that_is_cancelled_leaves_the_line(starts: Any, manager: Actor) -> None:
    first, second, third = starts({"a": limited(at_once=1)}, keys="xxx")
    cancel_run(actor=manager, run=second)
    answer(first)
    assert Step.objects.get(run_id=third.pk, node="a").waits_for == "person"
    assert Slot.objects.count() == 1


def test_with_skip_the_second_step_is_left_out(starts: Any) -> None:
    first, second = starts({"a": limited(at_once=1, when_full="skip"), "b": "test_mark"}, "a b", keys="xx")
    second.refresh_from_db()
    assert (second.state, states(second)["a"], states(second)["b"]) == ("SUCCEEDED", "SKIPPED", "SKIPPED")
    answer(first)
    assert (first.state, Tag.objects.count()) == ("SUCCEEDED", 1)


def test_with_replace_the_first_step_fails_and_the_newest_goes_on(starts: Any) -> None:
    first, second = starts({"a": limited(at_once=1, when_full="replace")}, keys="xx")
    first.refresh_from_db()
    assert (first.state, code_of(first)) == ("FAILED", "replaced")
    answer(second)
    assert second.state == "SUCCEEDED"


def test_a_for_each_that_is_replaced_takes_its_items_along(starts: Any) -> None:
    nodes = {
        "m": {
            "type": "map",
            "config": {"items": {"$expr": "[1, 2]"}},
            "limit": {"key": "{{ input.key }}", "at_once": 1, "when_full": "replace"},
        },
        "b": {"type": "test_ask", "parent": "m"},
    }
    first, second = starts(nodes, keys="xx")
    first.refresh_from_db()
    assert (first.state, code_of(first)) == ("FAILED", "replaced")
    assert Step.objects.filter(run_id=first.pk, state__in=[*OPEN, "PENDING"]).count() == 0
    assert set(Step.objects.filter(run_id=first.pk, node="b").values_list("state", flat=True)) == {"CANCELLED"}
    assert second.state == "RUNNING"
    assert check_history().violations == []


def test_with_debounce_only_the_last_goes_on_once_it_is_quiet(starts: Any) -> None:
    runs = starts({"a": limited(when_full="debounce", seconds=600)}, keys="xxx")
    assert [states(run)["a"] for run in runs] == ["SKIPPED", "SKIPPED", "WAITING"]
    wait_over(runs[2])
    assert Step.objects.get(run_id=runs[2].pk, node="a").waits_for == "person"


def test_a_rate_spreads_steps_evenly(starts: Any) -> None:
    nodes = {"a": {"type": "test_mark", "limit": {"rate": 6, "per_seconds": 60.0}}}
    runs = starts(nodes, keys="xyz")
    assert Tag.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM wake_at - clock_timestamp()) FROM workflows_step"
            " WHERE waits_for = 'limit' ORDER BY wake_at"
        )
        pauses = [float(row[0]) for row in cursor.fetchall()]
    assert (len(pauses), pauses[0] < 10.1, 15 < pauses[1] < 20.1) == (2, True, True)
    for run in runs:
        wait_over(run)
    assert (Tag.objects.count(), Slot.objects.count()) == (3, 0)


def limited_workflow(manager: Actor, **limit: Any) -> Workflow:
    document = {**document_of({"a": "test_ask"}), "settings": {"limit": {"key": "{{ input.key }}", **limit}}}
    workflow = import_document(actor=manager, document=document)
    publish(actor=manager, workflow=workflow)
    workflow.refresh_from_db()
    return workflow


def runs_of(manager: Actor, keys: str, **limit: Any) -> list[Run]:
    workflow = limited_workflow(manager, **limit)
    runs = []
    for key in keys:
        runs.append(start_run(actor=manager, workflow=workflow, input={"key": key}))
        sweep()
        work_off()
    for run in runs:
        run.refresh_from_db()
    return runs


class TestWholeRuns:
    def test_one_run_for_the_key_at_a_time_the_others_stand_in_line(self, manager: Actor) -> None:
        first, second, other = runs_of(manager, "xxy", at_once=1)
        waits = [Step.objects.get(run_id=run.pk, node="a").waits_for for run in (first, second, other)]
        assert waits == ["person", "limit", "person"]
        answer(first)
        answer(second)
        assert (first.state, second.state) == ("SUCCEEDED", "SUCCEEDED")

    def test_with_skip_a_second_run_is_not_carried_out(self, manager: Actor) -> None:
        first, second = runs_of(manager, "xx", at_once=1, when_full="skip")
        assert (first.state, second.state, code_of(second)) == ("RUNNING", "CANCELLED", "limit_reached")

    def test_with_replace_the_running_one_is_cancelled_for_the_newest(self, manager: Actor) -> None:
        first, second = runs_of(manager, "xx", at_once=1, when_full="replace")
        assert (first.state, second.state) == ("CANCELLED", "RUNNING")
        answer(second)
        assert second.state == "SUCCEEDED"

    def test_with_debounce_the_last_one_runs_once_it_is_quiet(self, manager: Actor) -> None:
        first, second = runs_of(manager, "xx", when_full="debounce", seconds=600)
        assert (first.state, states(second)["a"]) == ("CANCELLED", "WAITING")
        wait_over(second)
        answer(second)
        assert (second.state, Slot.objects.count()) == ("SUCCEEDED", 0)
