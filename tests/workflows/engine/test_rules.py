"""Rules of steps and maps: windows, budgets, retries by code and by item, time limits, kept answers, probes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agents import answers, executor
from agents.worker import STRANGER
from crm.models import Tag
from tests.workflows.engine import kinds
from tests.workflows.engine.conftest import Start, code_of, output, states, sweep_now, work_off
from workflows import registry
from workflows.engine import program, rows
from workflows.engine.refs import StepRef
from workflows.models import Run, Step

NUMBERS = {"$expr": "input.numbers"}


def each(**config: Any) -> tuple[str, dict[str, Any]]:
    return ("map", {"items": NUMBERS, **config})


def inside(kind: str, **config: Any) -> dict[str, Any]:
    return {"type": kind, "parent": "each", "config": config}


def finish(run: Run) -> Run:
    work_off()
    run.refresh_from_db()
    return run


class TestMaps:
    def test_only_so_many_chunks_are_under_way_at_once(self, started: Start) -> None:
        nodes = {"each": each(at_once=2), "a": inside("test_ask")}
        run = started(nodes, given={"numbers": [1, 2, 3]})
        work_off()
        assert Step.objects.filter(run_id=run.pk, node="a").count() == 2

    def test_the_next_chunk_begins_when_one_has_ended_and_none_is_left_out(self, started: Start) -> None:
        nodes = {"each": each(at_once=1, chunk_size=2), "m": inside("test_mark")}
        run = finish(started(nodes, given={"numbers": list(range(7))}))
        assert (run.state, output(run, "each")["succeeded"], Tag.objects.count()) == ("SUCCEEDED", 7, 7)

    def test_one_failure_more_than_allowed_ends_the_map_and_leaves_the_rest(self, started: Start) -> None:
        nodes = {"each": each(at_once=1, chunk_size=1, stop_after=1), "f": inside("test_fail")}
        run = finish(started(nodes, given={"numbers": list(range(9))}))
        assert (run.state, code_of(run)) == ("FAILED", "items_failed")
        assert Step.objects.filter(run_id=run.pk, node="f").count() == 2

    def test_failures_within_the_budget_are_told_and_do_no_harm(self, started: Start) -> None:
        text = {"$expr": "string(item)"}
        nodes = {"each": each(chunk_size=2, stop_after_percent=50), "m": inside("test_mark", text=text, fail_on="3")}
        run = finish(started(nodes, given={"numbers": [1, 2, 3, 4]}))
        assert (run.state, output(run, "each")["failed"]) == ("SUCCEEDED", 1)

    def test_only_the_items_that_failed_are_tried_again(self, started: Start) -> None:
        moody = {
            **inside("test_moody", number={"$expr": "item"}, bad=[3, 5]),
            "retry": {"max_attempts": 3, "backoff_seconds": 0},
        }
        run = started({"each": each(), "m": moody}, given={"numbers": list(range(7))})
        work_off()
        assert (states(run)["each"], Tag.objects.count()) == ("WAITING", 5)
        sweep_now()
        run = finish(run)
        assert output(run, "each")["results"] == list(range(7))
        assert (Tag.objects.count(), Step.objects.get(run_id=run.pk, node="m").attempt) == (7, 2)

    def test_a_map_that_would_be_too_many_steps_fails_before_it_begins(self, started: Start, settings: Any) -> None:
        settings.ENGINE = {**settings.ENGINE, "STEPS_A_RUN": 5}
        nodes = {"each": each(), "a": inside("test_ask"), "b": inside("test_mark")}
        run = finish(started(nodes, "a b", given={"numbers": [1, 2, 3]}))
        assert (run.state, code_of(run)) == ("FAILED", "too_many_steps")
        assert not Step.objects.filter(run_id=run.pk, node="a").exists()


class TestRetries:
    def failing(self, **retry: Any) -> dict[str, Any]:
        return {"a": {"type": "test_fail", "config": {"times": 1}, "retry": {"max_attempts": 3, **retry}}}

    def test_an_error_of_a_named_code_is_tried_again(self, started: Start) -> None:
        run = started(self.failing(on=["told_to_fail"]))
        work_off()
        sweep_now()
        assert finish(run).state == "SUCCEEDED"

    def test_an_error_of_another_code_is_not(self, started: Start) -> None:
        run = finish(started(self.failing(on=["rate_limited"])))
        assert (run.state, code_of(run)) == ("FAILED", "told_to_fail")


class TestTime:
    def test_a_call_that_takes_too_long_is_given_up(self, started: Start) -> None:
        slow = {"type": "test_slow", "config": {"seconds": 5}, "timeout_seconds": 0.05, "retry": {"max_attempts": 1}}
        run = finish(started({"a": slow}))
        assert (run.state, code_of(run)) == ("FAILED", "timeout")

    def test_an_answer_that_does_not_come_in_time_is_a_failure(self, started: Start) -> None:
        run = started({"a": {"type": "test_ask", "timeout_seconds": 60}, "b": "test_mark"}, "a error b")
        work_off()
        sweep_now()
        assert (finish(run).state, output(run, "a")["error"]["code"]) == ("SUCCEEDED", "timeout")


class TestKeptAnswers:
    @pytest.fixture(autouse=True)
    def _nothing_known(self, empty_cache: None) -> None:
        answers.forget()

    def slow(self, seconds: float) -> dict[str, Any]:
        return {"type": "test_slow", "config": {"seconds": seconds}, "cache_minutes": 5}

    def test_the_same_question_is_asked_once(self, started: Start) -> None:
        run = finish(started({"a": self.slow(0), "b": self.slow(0)}, "a b"))
        # The input of the second differs, as it is the first one's answer; a run of the same again asks nothing.
        assert len(kinds.calls) == 2
        again = finish(started({"a": self.slow(0), "b": self.slow(0)}, "a b"))
        assert (len(kinds.calls), output(again, "b")) == (2, output(run, "b"))

    def test_another_process_knows_it_too(self, started: Start) -> None:
        finish(started({"a": self.slow(0)}))
        answers.forget()
        finish(started({"a": self.slow(0)}))
        assert len(kinds.calls) == 1

    def test_another_question_is_asked(self, started: Start) -> None:
        finish(started({"a": self.slow(0)}))
        finish(started({"a": self.slow(0.001)}))
        assert len(kinds.calls) == 2


class TestProbes:
    def lost(self, started: Start) -> Run:
        run = started({"a": ("test_probed", {"text": "letter"})})
        rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
        sweep_now()
        return run

    def test_a_target_that_knows_of_the_effect_settles_it(self, started: Start) -> None:
        kinds.happened.add("letter")
        run = finish(self.lost(started))
        assert (run.state, run.output, kinds.sent) == ("SUCCEEDED", {"found": True}, [])

    def test_a_target_that_does_not_know_of_it_gets_it(self, started: Start) -> None:
        run = finish(self.lost(started))
        assert (run.state, len(kinds.sent)) == ("SUCCEEDED", 1)

    def test_a_step_may_be_told_to_try_again_where_its_kind_would_ask(self, started: Start) -> None:
        run = started({"a": {"type": "test_mail", "config": {}, "on_uncertain": "retry"}})
        rows.claim(StepRef(run.pk, "a"), None, datetime.now(UTC))
        sweep_now()
        assert finish(run).state == "SUCCEEDED"


def test_a_version_with_a_step_type_that_is_not_known_here_is_put_off_and_goes_on_where_it_is(
    started: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started({"a": "test_mark"})
    monkeypatch.setattr(program, "_programs", type(program._programs)())
    with monkeypatch.context() as without:
        without.delitem(registry._types, "test_mark")
        executor.work(StepRef(run.pk, "a"), STRANGER)
    assert states(run)["a"] == "WAITING"
    sweep_now()
    assert finish(run).state == "SUCCEEDED"
