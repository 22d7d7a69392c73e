"""How a run goes through its graph."""

from __future__ import annotations

from itertools import pairwise

import pytest

from crm.models import Tag
from tests.workflows.engine.conftest import Start, output, states, work_off
from workflows.models import Run, Step, StepAttempt, StepResult

pytestmark = pytest.mark.django_db(transaction=True)


def set_to(value: object) -> tuple[str, dict[str, object]]:
    return "set_values", {"values": {"value": value}}


def test_a_chain_of_light_steps_runs_to_its_end_in_one_claim(started: Start) -> None:
    run = started(
        {
            "a": set_to(1),
            "b": set_to({"$expr": "steps.a.output.value + 1"}),
            "c": set_to({"$expr": "steps.b.output.value * 10"}),
        },
        "a b", "b c",
    )  # fmt: skip
    assert work_off() == 1
    run.refresh_from_db()
    assert (run.state, run.output) == ("SUCCEEDED", {"value": 20})


def test_a_step_leaves_one_result_and_one_attempt(started: Start) -> None:
    run = started({"a": set_to(1), "b": set_to(2)}, "a b")
    work_off()
    assert StepResult.objects.filter(run_id=run.pk).count() == 2
    assert set(StepAttempt.objects.filter(run_id=run.pk).values_list("node", "attempt", "outcome")) == {
        ("a", 1, "SUCCEEDED"),
        ("b", 1, "SUCCEEDED"),
    }


def test_parallel_branches_meet_in_a_join_that_runs_once(started: Start) -> None:
    run = started({"a": set_to(1), "b": set_to(2), "c": set_to(3), "d": ("test_mark", {})}, "a b", "a c", "b d", "c d")
    work_off()
    assert states(run)["d"] == "SUCCEEDED"
    assert Tag.objects.count() == 1


def test_a_join_of_outside_steps_is_counted_on_its_row(started: Start) -> None:
    run = started(
        {"a": set_to(1), "b": "test_send", "c": "test_send", "d": ("test_mark", {})}, "a b", "a c", "b d", "c d"
    )
    work_off()
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"
    assert Tag.objects.count() == 1
    assert Step.objects.get(run_id=run.pk, node="d").taken == 2


def test_a_branch_that_is_not_taken_is_skipped_and_its_join_still_fires(started: Start) -> None:
    run = started(
        {"a": ("if", {"condition": {"$expr": "input.x > 1"}}), "b": set_to(1), "c": set_to(2), "d": set_to(3)},
        "a yes b", "a no c", "b d", "c d", given={"x": 5},
    )  # fmt: skip
    work_off()
    assert states(run) == {"a": "SUCCEEDED", "b": "SUCCEEDED", "c": "SKIPPED", "d": "SUCCEEDED"}
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"


def test_a_branch_with_nothing_on_its_port_ends_the_run(started: Start) -> None:
    run = started({"a": ("if", {"condition": False}), "b": set_to(1)}, "a yes b")
    work_off()
    run.refresh_from_db()
    assert (run.state, states(run)["b"]) == ("SUCCEEDED", "SKIPPED")


def test_a_chain_longer_than_a_transaction_may_be_goes_on_in_the_next(started: Start) -> None:
    ids = [f"n{i}" for i in range(150)]
    run = started(dict.fromkeys(ids, set_to(1)), *[f"{a} {b}" for a, b in pairwise(ids)])
    work_off()
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"
    assert Step.objects.filter(run_id=run.pk, state="SUCCEEDED").count() == 150


def test_a_large_output_is_kept_whole_beside_a_preview(started: Start) -> None:
    run = started({"a": set_to(["x" * 100] * 5_000), "b": set_to({"$expr": "size(steps.a.output.value)"})}, "a b")
    work_off()
    assert output(run, "b") == {"value": 5_000}
    assert len(output(run, "a")["value"]) < 100


def test_the_input_of_a_run_reaches_its_steps(started: Start) -> None:
    run = started({"a": set_to({"$expr": "input.order.amount"})}, given={"order": {"amount": 7}})
    work_off()
    run = Run.objects.get(pk=run.pk)
    assert run.output == {"value": 7}
