"""A map runs its body for each item, in chunks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agents import executor
from crm.actors import Actor
from crm.models import Tag
from tests.workflows.engine import kinds
from tests.workflows.engine.conftest import Start, output, states, sweep_now, work_off
from workflows.engine import rows
from workflows.engine.decisions import Decision, Verdict
from workflows.engine.refs import StepRef, WorkerInfo
from workflows.models import Step
from workflows.services.runs import decide_step

pytestmark = pytest.mark.django_db(transaction=True)


def each(items: object, chunk_size: int | None = None, **more: object) -> dict[str, Any]:
    config: dict[str, object] = {"items": items, **more}
    if chunk_size:
        config["chunk_size"] = chunk_size
    return {"type": "map", "config": config}


def inside(kind: str, **config: object) -> dict[str, Any]:
    return {"type": kind, "config": config, "parent": "each"}


SQUARE = inside("set_values", values={"square": {"$expr": "item * item"}})
NUMBERS = {"$expr": "input.numbers"}
MAPPER = WorkerInfo(None, "mapper", lambda kind: kind == "map")  # leaves the body to others


def test_every_item_passes_the_body_and_the_results_keep_their_order(started: Start) -> None:
    run = started({"each": each(NUMBERS, 2), "sq": SQUARE}, given={"numbers": [1, 2, 3, 4, 5]})
    work_off()
    results = output(run, "each")
    assert [one["square"] for one in results["results"]] == [1, 4, 9, 16, 25]
    assert (results["count"], results["failed"]) == (5, 0)


def test_the_body_runs_once_a_chunk_not_once_an_item(started: Start) -> None:
    run = started({"each": each(NUMBERS, 100), "sq": SQUARE}, given={"numbers": list(range(250))})
    work_off()
    assert Step.objects.filter(run_id=run.pk, node="sq").count() == 3


def test_what_follows_the_map_waits_for_all_items(started: Start) -> None:
    run = started(
        {
            "each": each(NUMBERS, 1),
            "sq": SQUARE,
            "after": ("set_values", {"values": {"n": {"$expr": "size(steps.each.output.results)"}}}),
        },
        "each after", given={"numbers": [1, 2, 3]},
    )  # fmt: skip
    work_off()
    assert output(run, "after") == {"n": 3}


def test_a_map_over_nothing_goes_on_at_once(started: Start) -> None:
    run = started({"each": each(NUMBERS), "sq": SQUARE}, given={"numbers": []})
    work_off()
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"
    assert output(run, "each")["count"] == 0


def test_one_bad_item_fails_alone(started: Start) -> None:
    body = inside("test_mark", text={"$expr": "string(item)"}, fail_on="3")
    run = started({"each": each(NUMBERS, 10), "m": body}, given={"numbers": [1, 2, 3, 4]})
    work_off()
    results = output(run, "each")
    assert (results["succeeded"], results["failed"], results["errors"][0]["code"]) == (3, 1, "told_to_fail")
    assert Tag.objects.count() == 3


def test_a_map_that_must_not_fail_fails_with_its_first_error(started: Start) -> None:
    body = inside("test_mark", text={"$expr": "string(item)"}, fail_on="3")
    run = started({"each": each(NUMBERS, 10, on_error="fail"), "m": body}, given={"numbers": [1, 2, 3, 4]})
    work_off()
    run.refresh_from_db()
    assert run.error
    assert (run.state, run.error["code"]) == ("FAILED", "items_failed")


def test_items_of_one_chunk_may_take_different_branches(started: Start) -> None:
    run = started(
        {
            "each": each(NUMBERS, 10),
            "odd": inside("if", condition={"$expr": "item % 2 == 1"}),
            "yes": inside("test_mark", text="odd"),
            "no": inside("set_values", values={"even": True}),
        },
        "odd yes yes", "odd no no", given={"numbers": [1, 2, 3, 4, 5]},
    )  # fmt: skip
    work_off()
    run.refresh_from_db()
    assert run.state == "SUCCEEDED"
    assert sorted(Tag.objects.values_list("name", flat=True)) == [f"{run.number}/yes/{i}" for i in (0, 2, 4)]


def test_a_body_whose_effects_cannot_be_told_apart_runs_an_item_a_step(started: Start) -> None:
    run = started({"each": each(NUMBERS, 10), "send": inside("test_mail")}, given={"numbers": [1, 2, 3]})
    work_off()
    assert Step.objects.filter(run_id=run.pk, node="send", state="SUCCEEDED").count() == 3
    assert states(run)["each"] == "SUCCEEDED"


def test_calls_with_keys_are_made_for_a_chunk_of_items_each_with_its_own(started: Start) -> None:
    run = started({"each": each(NUMBERS, 10), "send": inside("test_send")}, given={"numbers": list(range(7))})
    work_off()
    assert Step.objects.filter(run_id=run.pk, node="send", state="SUCCEEDED").count() == 1
    assert (output(run, "each")["succeeded"], len(set(kinds.sent)), len(kinds.sent)) == (7, 7, 7)


def test_an_item_that_failed_is_counted_though_the_others_go_on_in_a_later_transaction(
    started: Start, settings: Any
) -> None:
    settings.ENGINE = {**settings.ENGINE, "CHAIN_STEPS": 1}
    nodes = {
        "each": each(NUMBERS, 3),
        "m": inside("test_mark", text={"$expr": "string(item)"}, fail_on="2"),
        "n": inside("test_mark", text="after"),
    }
    run = started(nodes, "m n", given={"numbers": [1, 2, 3]})
    work_off()
    assert (output(run, "each")["succeeded"], output(run, "each")["failed"]) == (2, 1)
    assert not Step.objects.filter(run_id=run.pk, state="PENDING").exists()


def test_a_chunk_that_takes_its_workers_down_counts_as_failed_items(started: Start) -> None:
    run = started({"each": each(NUMBERS, 2), "m": inside("test_mark")}, given={"numbers": [1, 2, 3]})
    executor.work(StepRef(run.pk, "each"), MAPPER)
    for _ in range(5):
        rows.claim(StepRef(run.pk, "m", 1), None, datetime.now(UTC))
        sweep_now()
    work_off()
    results = output(run, "each")
    assert (results["succeeded"], results["failed"], results["errors"][0]["code"]) == (1, 2, "crashed_too_often")


def test_a_lost_mail_that_a_person_calls_failed_takes_the_error_edge_of_its_item(
    started: Start, manager: Actor
) -> None:
    run = started(
        {"each": each(NUMBERS, 1), "m": inside("test_mail"), "n": inside("test_mark")},
        "m error n", given={"numbers": [1]},
    )  # fmt: skip
    executor.work(StepRef(run.pk, "each"), MAPPER)
    rows.claim(StepRef(run.pk, "m", 1), None, datetime.now(UTC))
    sweep_now()
    decide_step(
        actor=manager,
        run=run,
        ref=StepRef(run.pk, "m", 1),
        decision=Decision(Verdict.FAILED, by="meg", reason="Looked it up"),
    )
    work_off()
    assert (output(run, "each")["failed"], Tag.objects.count()) == (0, 1)
