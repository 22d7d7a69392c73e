"""Steps that have not begun are taken out of a live run, and passed by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from crm.actors import Actor
from crm.errors import Conflict, NotAllowed
from crm.models import AuditEntry, Tag
from tests.workflows.engine.conftest import Start, states, work_off
from tests.workflows.operations.test_pausing import at_once, client_of
from workflows.engine.leaving_out import leave_out
from workflows.engine.signals import send_signal
from workflows.models import Run, RunGraph
from workflows.services.run_control import leave_out_step, pause_run, resume_run

pytestmark = pytest.mark.django_db(transaction=True)
Actors = Callable[[str], Actor]
MARK: tuple[str, dict[str, Any]] = ("test_mark", {})
LINE = {"w": "test_ask", "a": MARK, "b": MARK}


@pytest.fixture
def waiting(started: Start) -> Run:
    run = started(LINE, "w a", "a b")
    work_off()
    return run


def go_on(run: Run) -> Run:
    send_signal(run_id=run.pk, node="w", item=0, key="k", payload={})
    work_off()
    run.refresh_from_db()
    return run


def marks() -> list[str]:
    return [name.split("/")[1] for name in Tag.objects.order_by("pk").values_list("name", flat=True)]


def test_a_step_ahead_is_passed_by_and_what_follows_it_runs(waiting: Run, manager: Actor) -> None:
    leave_out_step(actor=manager, run=waiting, node="a")
    assert (go_on(waiting).state, marks(), states(waiting)["a"]) == ("SUCCEEDED", ["b"], "SKIPPED")
    assert AuditEntry.objects.get(action="run.step_left_out").after == {"node": "a"}


def test_a_ready_step_is_passed_by_at_once(started: Start, manager: Actor) -> None:
    run = started({"a": MARK, "b": MARK}, "a b")
    leave_out_step(actor=manager, run=run, node="a")
    assert states(run) == {"a": "SKIPPED", "b": "READY"}
    work_off()
    assert marks() == ["b"]


def test_a_step_held_by_a_pause_is_passed_by_and_the_next_one_is_held(started: Start, manager: Actor) -> None:
    run = started({"a": MARK, "b": MARK}, "a b")
    pause_run(actor=manager, run=run)
    leave_out_step(actor=manager, run=run, node="a")
    assert (work_off(), marks()) == (1, [])
    resume_run(actor=manager, run=run)
    work_off()
    assert marks() == ["b"]


def test_a_step_that_has_begun_or_ended_stays(waiting: Run, manager: Actor) -> None:
    with pytest.raises(Conflict, match="has begun"):
        leave_out_step(actor=manager, run=waiting, node="w")
    with pytest.raises(Conflict, match="no step"):
        leave_out_step(actor=manager, run=waiting, node="nowhere")
    assert (RunGraph.objects.count(), AuditEntry.objects.filter(action="run.step_left_out").count()) == (0, 0)
    go_on(waiting)
    with pytest.raises(Conflict, match="ended"):
        leave_out_step(actor=manager, run=waiting, node="a")


def test_who_may_not_cancel_may_not_leave_out(waiting: Run, actors: Actors) -> None:
    for role in ("viewer", "operator"):
        with pytest.raises(NotAllowed):
            leave_out_step(actor=actors(role), run=waiting, node="a")
    assert (go_on(waiting).state, marks()) == ("SUCCEEDED", ["a", "b"])


def test_a_builder_does_it_over_the_api_and_by_the_form(waiting: Run, actors: Actors) -> None:
    client = client_of(actors("builder"))
    page = client.get(f"/runs/{waiting.pk}/change/").content.decode()
    assert "leave-out" in page
    assert client.post(f"/api/v1/runs/{waiting.pk}/steps/a/leave_out").status_code == 200
    assert client.post(f"/api/v1/runs/{waiting.pk}/steps/a/leave_out").json()["code"] == "not_left_out"
    assert client.post(f"/runs/{waiting.pk}/steps/b/leave-out/").status_code == 302
    assert client_of(actors("viewer")).get(f"/runs/{waiting.pk}/change/").status_code == 403
    assert (go_on(waiting).state, marks()) == ("SUCCEEDED", [])


def test_of_two_who_do_it_at_once_one_does(waiting: Run, manager: Actor) -> None:
    results = at_once(lambda: leave_out_step(actor=manager, run=waiting, node="a"), 2)
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "NoneType"]
    assert RunGraph.objects.count() == 1


def test_a_crash_in_the_middle_changes_nothing(waiting: Run) -> None:
    with transaction.atomic():
        assert leave_out(waiting.pk, "a") == ""
        transaction.set_rollback(True)
    assert (RunGraph.objects.count(), go_on(waiting).state, marks()) == (0, "SUCCEEDED", ["a", "b"])


def test_the_page_names_the_steps_that_read_its_output(started: Start, actors: Actors) -> None:
    reads = {"type": "set_values", "label": "Sums up", "config": {"values": {"x": {"$expr": "steps.a.output.marked"}}}}
    run = started({"w": "test_ask", "a": MARK, "b": MARK, "c": reads}, "w a", "a b", "b c")
    work_off()
    shown = client_of(actors("builder")).get(f"/runs/{run.pk}/change/").content.decode()
    assert shown.count("These want its output") == 1
