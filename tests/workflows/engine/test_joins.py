"""Joins that need not wait for all: any branch, the first few, or as long as a deadline allows."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from crm.models import Tag
from tests.workflows.engine.conftest import Start, states, work_off
from workflows.engine.history import check_history
from workflows.engine.signals import send_signal
from workflows.engine.sweep import sweep
from workflows.models import Run, Step

SLOW: tuple[str, dict[str, Any]] = ("test_ask", {})
MARK: tuple[str, dict[str, Any]] = ("test_mark", {})


def joined(**join: Any) -> dict[str, Any]:
    return {"type": "test_mark", "config": {"text": "joined"}, "join": join}


def marks() -> list[str]:
    return sorted(name.split("/")[1] for name in Tag.objects.values_list("name", flat=True))


def faults() -> list[str]:
    return [str(violation) for violation in check_history().violations]


def pass_time(run: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET wake_at = clock_timestamp() WHERE run_id = %s AND state = 'PENDING'"
            " AND wake_at IS NOT NULL",
            [run.pk],
        )
    sweep()


def test_any_branch_is_enough_and_the_others_are_cancelled(started: Start) -> None:
    run = started({"a": MARK, "b": SLOW, "c": MARK, "j": joined(mode="any")}, "a j", "b c", "c j")
    work_off()
    run.refresh_from_db()
    assert (run.state, states(run)["b"], marks()) == ("SUCCEEDED", "CANCELLED", ["a", "j"])


def test_the_first_two_of_three_are_enough(started: Start) -> None:
    run = started({"a": MARK, "b": MARK, "c": SLOW, "j": joined(mode="first", count=2)}, "a j", "b j", "c j")
    work_off()
    run.refresh_from_db()
    assert (run.state, states(run)["c"], marks()) == ("SUCCEEDED", "CANCELLED", ["a", "b", "j"])


def test_fewer_than_asked_for_are_taken_when_no_other_can_come(started: Start) -> None:
    run = started(
        {"i": ("if", {"condition": {"$expr": "true"}}), "a": MARK, "b": MARK, "j": joined(mode="first", count=2)},
        "i yes a", "i no b", "a j", "b j",
    )  # fmt: skip
    work_off()
    run.refresh_from_db()
    assert (run.state, marks()) == ("SUCCEEDED", ["a", "j"])


def test_what_leads_elsewhere_too_is_no_loser(started: Start) -> None:
    run = started({"a": MARK, "b": SLOW, "j": joined(mode="any"), "z": MARK}, "a j", "b j", "b z")
    work_off()
    run.refresh_from_db()
    assert (run.state, states(run)["b"]) == ("RUNNING", "WAITING")


def test_a_join_waits_for_all_while_its_deadline_has_not_passed(started: Start) -> None:
    run = started({"a": MARK, "b": SLOW, "j": joined(deadline_seconds=3600)}, "a j", "b j")
    work_off()
    assert sweep() == 0
    assert (states(run)["j"], marks()) == ("PENDING", ["a"])


def test_after_its_deadline_a_join_goes_on_with_what_came(started: Start) -> None:
    run = started({"a": MARK, "b": SLOW, "j": joined(deadline_seconds=3600)}, "a j", "b j")
    work_off()
    pass_time(run)
    work_off()
    run.refresh_from_db()
    assert (run.state, states(run)["b"], marks()) == ("SUCCEEDED", "CANCELLED", ["a", "j"])


def test_a_deadline_counts_though_no_branch_has_come(started: Start) -> None:
    run = started(
        {"s": MARK, "a": SLOW, "b": SLOW, "j": joined(deadline_seconds=3600)}, "s a", "s b", "a j", "b j"
    )  # fmt: skip
    work_off()
    pass_time(run)
    work_off()
    run.refresh_from_db()
    assert (run.state, marks()) == ("SUCCEEDED", ["j", "s"])


def test_a_late_branch_changes_nothing_once_the_join_has_begun(started: Start) -> None:
    run = started({"a": MARK, "b": SLOW, "j": joined(mode="any"), "z": MARK}, "a j", "b j", "b z")
    work_off()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET wake_at = clock_timestamp() WHERE run_id = %s AND node = 'b'", [run.pk]
        )
    send_signal(run_id=run.pk, node="b", item=0, key="x", payload={})
    work_off()
    run.refresh_from_db()
    assert (run.state, marks()) == ("SUCCEEDED", ["a", "j", "z"])


LATE = ({"y": SLOW, "z": SLOW, "l": MARK, "a": MARK, "j": joined(mode="any")}, "y l", "y z", "l j", "a j")


def test_a_step_whose_join_has_begun_without_it_is_not_carried_out(started: Start) -> None:
    run = started(*LATE)
    work_off()
    send_signal(run_id=run.pk, node="y", item=0, key="x", payload={})
    work_off()
    assert (states(run)["l"], marks(), faults()) == ("CANCELLED", ["a", "j"], [])
    send_signal(run_id=run.pk, node="z", item=0, key="x", payload={})
    work_off()
    run.refresh_from_db()
    assert (run.state, marks(), faults()) == ("SUCCEEDED", ["a", "j"], [])


def test_a_loser_that_two_branches_lead_to_ends_with_the_run(started: Start) -> None:
    nodes, *edges = LATE
    run = started({**nodes, "x": SLOW, "w": SLOW}, *edges, "x l", "x w")
    work_off()
    for node in ("y", "z", "x"):
        send_signal(run_id=run.pk, node=node, item=0, key="x", payload={})
        work_off()
    send_signal(run_id=run.pk, node="w", item=0, key="x", payload={})
    work_off()
    run.refresh_from_db()
    assert (run.state, marks(), faults()) == ("SUCCEEDED", ["a", "j"], [])


def test_a_step_in_other_hands_while_its_join_began_ends_with_the_run_at_the_latest(started: Start) -> None:
    run = started(*LATE)
    work_off()
    send_signal(run_id=run.pk, node="y", item=0, key="x", payload={})
    work_off()
    with connection.cursor() as cursor:
        # As it stands if whoever bore it could not see yet that the join began.
        cursor.execute(
            "UPDATE workflows_step SET state = 'RUNNING', wake_at = clock_timestamp() + interval '1 minute'"
            " WHERE run_id = %s AND node = 'l'",
            [run.pk],
        )
    send_signal(run_id=run.pk, node="z", item=0, key="x", payload={})
    work_off()
    run.refresh_from_db()
    assert (run.state, states(run)["l"]) == ("SUCCEEDED", "CANCELLED")


@pytest.mark.parametrize("mode", ["any", "all"])
def test_a_join_with_every_branch_skipped_is_skipped(started: Start, mode: str) -> None:
    run = started(
        {"i": ("if", {"condition": {"$expr": "false"}}), "k": ("if", {"condition": {"$expr": "false"}}),
         "j": joined(mode=mode)},
        "i yes k", "i yes j", "k yes j",
    )  # fmt: skip
    work_off()
    run.refresh_from_db()
    assert (run.state, Step.objects.get(run_id=run.pk, node="j").state) == ("SUCCEEDED", "SKIPPED")
