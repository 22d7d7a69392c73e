"""Steps that hold, start, await or plan other steps: rounds, sub-runs, events, plans, a stop."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from agents import executor
from agents.evaluate import evaluate
from agents.settle import settle
from agents.worker import STRANGER
from crm.actors import Actor
from crm.events import Topic, publish
from crm.models import Tag
from tests.workflows.engine import kinds
from tests.workflows.engine.conftest import Publish, Start, code_of, error_of, output, states, sweep_now, work_off
from workflows.engine import rows
from workflows.engine.drain import drain_events
from workflows.engine.refs import StepRef
from workflows.engine.signals import send_signal
from workflows.models import EventWait, Run, RunGraph, Step
from workflows.services.runs import cancel_run, start_run

MARK: tuple[str, dict[str, Any]] = ("test_mark", {})


def finish(run: Run) -> Run:
    work_off()
    run.refresh_from_db()
    return run


def inside(parent: str, kind: str, **config: Any) -> dict[str, Any]:
    return {"type": kind, "parent": parent, "config": config}


def drain() -> None:
    while drain_events():
        pass
    work_off()


class TestRepeat:
    def counting(self, **config: Any) -> dict[str, Any]:
        count = {"n": {"$expr": "index == 0 ? 1 : item.n + 1"}}
        return {"r": ("loop", config), "count": inside("r", "set_values", values=count)}

    def test_it_ends_once_its_condition_holds(self, started: Start) -> None:
        run = finish(started(self.counting(until={"$expr": "item.n >= 4"}, most=9)))
        assert (run.state, run.output) == ("SUCCEEDED", {"rounds": 4, "last": {"n": 4}, "held": True})

    def test_it_ends_when_it_was_often_enough(self, started: Start) -> None:
        run = finish(started(self.counting(until={"$expr": "item.n > 99"}, most=3)))
        assert run.output == {"rounds": 3, "last": {"n": 3}, "held": False}

    def test_it_may_fail_when_its_condition_never_holds(self, started: Start) -> None:
        run = finish(started(self.counting(until={"$expr": "item.n > 99"}, most=3, when_spent="fail")))
        assert (run.state, code_of(run)) == ("FAILED", "rounds_spent")

    def test_a_round_that_fails_ends_it(self, started: Start) -> None:
        run = finish(started({"r": ("loop", {"most": 5}), "f": inside("r", "test_fail")}))
        assert (run.state, code_of(run), Step.objects.filter(run_id=run.pk, node="f").count()) == (
            "FAILED", "items_failed", 1,
        )  # fmt: skip

    def test_a_round_may_wait(self, started: Start) -> None:
        run = started({"r": ("loop", {"most": 2}), "w": inside("r", "test_ask")})
        for number in (1, 2):
            work_off()
            send_signal(run_id=run.pk, node="w", item=number, key="k", payload=number)
        assert finish(run).output == {"rounds": 2, "last": 2, "held": False}

    def test_its_steps_happen_once_a_round(self, started: Start) -> None:
        finish(started({"r": ("loop", {"most": 3}), "m": inside("r", "test_mark")}))
        assert sorted(name.split("/")[2] for name in Tag.objects.values_list("name", flat=True)) == ["0", "1", "2"]


class TestSubRuns:
    @pytest.fixture
    def child(self, published: Publish) -> str:
        return published({"c": "test_ask"}).key

    def parent(self, child: str, **config: Any) -> dict[str, Any]:
        return {"p": ("run_workflow", {"workflow": child, "input": {"n": 7}, **config}), "m": MARK}

    def test_the_step_waits_for_the_run_and_gives_what_it_came_to(self, child: str, started: Start) -> None:
        run = started(self.parent(child), "p m")
        work_off()
        sub = Run.objects.get(parent_run=run.pk)
        assert (sub.input, states(run)["p"], sub.depth) == ({"n": 7}, "WAITING", 1)
        send_signal(run_id=sub.pk, node="c", item=0, key="k", payload={"done": True})
        assert finish(run).state == "SUCCEEDED"
        assert output(run, "p") == {
            "run": str(sub.pk), "number": sub.number, "state": "SUCCEEDED", "output": {"done": True}
        }  # fmt: skip

    def test_told_not_to_wait_it_goes_on_at_once(self, child: str, started: Start) -> None:
        run = finish(started(self.parent(child, wait=False), "p m"))
        sub = Run.objects.get(parent_run=run.pk)
        assert (run.state, sub.state, sub.parent_node) == ("SUCCEEDED", "RUNNING", "")

    def test_a_run_that_fails_fails_the_step(self, published: Publish, started: Start) -> None:
        key = published({"c": ("test_fail", {})}).key
        run = finish(started(self.parent(key), "p m"))
        assert (run.state, code_of(run)) == ("FAILED", "run_failed")

    def test_cancelling_the_one_cancels_the_other(self, child: str, started: Start, manager: Actor) -> None:
        run = started(self.parent(child), "p m")
        work_off()
        cancel_run(actor=manager, run=run)
        sweep_now()
        assert Run.objects.get(parent_run=run.pk).state == "CANCELLED"

    def test_runs_start_each_other_only_so_deep(self, published: Publish, manager: Actor) -> None:
        nodes = {"t": "trigger_person", "p": ("run_workflow", {"workflow": "test"})}
        start_run(actor=manager, workflow=published(nodes, "t p"))
        work_off()
        assert Run.objects.count() == 11
        assert set(Run.objects.values_list("state", flat=True)) == {"FAILED"}

    def test_an_unknown_workflow_fails_the_step(self, started: Start) -> None:
        run = finish(started(self.parent("nobody"), "p m"))
        assert (code_of(run), Run.objects.count()) == ("no_workflow", 1)


class TestEvents:
    def waiting(self, **config: Any) -> dict[str, Any]:
        return {"w": ("wait_for_event", {"record": "request", "equals": {"$expr": "input.id"}, **config}), "m": MARK}

    def happen(self, ident: int, **after: Any) -> None:
        publish(Topic.REQUEST_UPDATED, {"id": ident, "changed": [], "before": {}, "after": after})

    def test_the_step_goes_on_with_the_event_it_waits_for(self, started: Start) -> None:
        run = started(self.waiting(), "w m", given={"id": 5})
        work_off()
        self.happen(4)
        drain()
        assert states(run)["w"] == "WAITING"
        self.happen(5, status="done")
        drain()
        run.refresh_from_db()
        assert (run.state, output(run, "w")["event"]["after"]) == ("SUCCEEDED", {"status": "done"})
        assert EventWait.objects.count() == 0

    def test_only_an_event_for_which_the_condition_holds(self, started: Start) -> None:
        run = started(self.waiting(condition="after.status == 'done'"), "w m", given={"id": 5})
        work_off()
        self.happen(5, status="open")
        drain()
        assert states(run)["w"] == "WAITING"
        self.happen(5, status="done")
        drain()
        assert states(run)["w"] == "SUCCEEDED"

    def test_when_the_time_is_over_it_takes_the_other_way(self, started: Start) -> None:
        run = started(self.waiting(timeout_hours=1), "w timeout m", given={"id": 5})
        work_off()
        sweep_now()
        work_off()
        assert (states(run)["w"], states(run)["m"], EventWait.objects.count()) == ("SUCCEEDED", "SUCCEEDED", 0)

    def test_without_a_time_it_looks_again_and_waits_on(self, started: Start) -> None:
        run = started(self.waiting(), "w m", given={"id": 5})
        work_off()
        sweep_now()
        work_off()
        assert (states(run)["w"], EventWait.objects.count()) == ("WAITING", 1)

    def test_what_happened_before_counts_only_if_asked_for(self, started: Start) -> None:
        asked = started({"a": "test_ask", **self.waiting(since_start=True)}, "a w", "w m", given={"id": 5})
        work_off()
        self.happen(5)
        send_signal(run_id=asked.pk, node="a", item=0, key="k", payload={})
        assert finish(asked).state == "SUCCEEDED"

    def test_a_cancelled_run_waits_for_nothing(self, started: Start, manager: Actor) -> None:
        run = started(self.waiting(), "w m", given={"id": 5})
        work_off()
        cancel_run(actor=manager, run=run)
        self.happen(5)
        drain()
        assert (EventWait.objects.count(), Tag.objects.count()) == (0, 0)


class TestPlan:
    PLAN = {
        "nodes": {"$expr": "input.nodes"},
        "edges": {"$expr": "input.edges"},
        "allowed": ["test_mark", "test_ask", "test_fail", "map"],
    }

    def planned(self, started: Start, nodes: list[Any], edges: list[Any]) -> Run:
        return started({"p": ("plan", self.PLAN), "z": MARK}, "p z", given={"nodes": nodes, "edges": edges})

    def test_the_steps_that_it_adds_are_carried_out(self, started: Start) -> None:
        nodes = [
            {"id": "x", "type": "test_mark", "config": {"text": "x"}},
            {"id": "y", "type": "test_mark", "config": {"text": "{{ steps.x.output.marked }}y"}},
        ]
        run = finish(self.planned(started, nodes, [{"from": "x", "to": "y"}]))
        assert (run.state, output(run, "p")) == ("SUCCEEDED", {"marked": "xy"})
        assert sorted(n.split("/")[1] for n in Tag.objects.values_list("name", flat=True)) == ["x", "y", "z"]
        assert run.graph_id == RunGraph.objects.get(run_id=run.pk).pk

    def test_told_of_no_kinds_it_plans_only_what_changes_nothing(self, started: Start) -> None:
        plan = {"nodes": {"$expr": "input.nodes"}}
        pure = {"id": "x", "type": "set_values", "config": {"values": {"n": 1}}}
        run = finish(started({"p": ("plan", plan)}, given={"nodes": [pure]}))
        assert (run.state, run.output) == ("SUCCEEDED", {"n": 1})
        run = finish(started({"p": ("plan", plan)}, given={"nodes": [{"id": "x", "type": "test_mark"}]}))
        assert (code_of(run), Tag.objects.count()) == ("plan_invalid", 0)

    def test_its_steps_may_wait(self, started: Start) -> None:
        run = finish(self.planned(started, [{"id": "q", "type": "test_ask"}], []))
        send_signal(run_id=run.pk, node="q", item=1, key="k", payload={"yes": 1})
        assert (finish(run).state, output(run, "p")) == ("SUCCEEDED", {"yes": 1})

    @pytest.mark.parametrize(
        ("nodes", "edges"),
        [
            ([], []),
            ([{"id": "x", "type": "unheard_of"}], []),
            ([{"id": "z", "type": "test_mark"}], []),
            ([{"id": "x", "type": "test_mail"}], []),
            ([{"id": "x", "type": "test_mark"}], [{"from": "x", "to": "z"}]),
            ([{"id": "x", "type": "map", "config": {"items": []}}], []),
            ([{"id": "x", "type": "test_mark", "config": {"wrong": 1}}], []),
            ([{"id": f"x{n}", "type": "test_mark"} for n in range(101)], []),
        ],
    )
    def test_an_unsound_plan_fails_and_adds_nothing(self, started: Start, nodes: Any, edges: Any) -> None:
        run = finish(self.planned(started, nodes, edges))
        assert (run.state, code_of(run), RunGraph.objects.count()) == ("FAILED", "plan_invalid", 0)
        assert Tag.objects.count() == 0

    def test_a_step_of_it_that_fails_fails_the_plan(self, started: Start) -> None:
        run = finish(self.planned(started, [{"id": "x", "type": "test_fail"}], []))
        assert (run.state, code_of(run)) == ("FAILED", "plan_failed")

    def test_two_plans_in_parallel_branches_both_come_true(self, started: Start, settings: Any) -> None:
        settings.ENGINE = {**settings.ENGINE, "CHAIN_STEPS": 1}
        plans = {name: ("plan", {"nodes": {"$expr": f"input.{name}"}, "allowed": ["test_mark"]}) for name in ("p", "q")}
        given = {name: [{"id": f"of_{name}", "type": "test_mark"}] for name in ("p", "q")}
        run = started(plans, given=given)
        chains = [executor._chain(StepRef(run.pk, name), STRANGER) for name in ("p", "q")]
        for name, chain in zip(("p", "q"), chains, strict=True):
            with transaction.atomic():
                claimed = rows.claim(StepRef(run.pk, name), None, datetime.now(UTC))
                assert claimed
                ledger = chain.ledger()
                settle(ledger, claimed[0], evaluate(ledger, claimed[0]))
                ledger.write()
        assert finish(run).state == "SUCCEEDED"
        assert sorted(tag.split("/")[1] for tag in Tag.objects.values_list("name", flat=True)) == ["of_p", "of_q"]


class TestStop:
    def test_a_call_that_the_stop_beside_it_cancels_is_not_made(self, started: Start) -> None:
        run = finish(started({"a": MARK, "call": "test_send", "s": "stop"}, "a call", "a s"))
        assert (run.state, states(run)["call"], kinds.sent) == ("SUCCEEDED", "CANCELLED", [])

    def test_it_ends_the_run_and_cancels_the_rest(self, started: Start) -> None:
        stop = ("stop", {"output": {"$expr": "{'because': 'enough'}"}})
        run = finish(started({"a": MARK, "w": "test_ask", "s": stop}, "a s"))
        assert (run.state, run.output, states(run)["w"]) == ("SUCCEEDED", {"because": "enough"}, "CANCELLED")

    def test_it_may_end_it_as_failed(self, started: Start) -> None:
        run = finish(started({"s": ("stop", {"outcome": "failed", "message": "No stock"})}))
        assert (run.state, error_of(run)["message"]) == ("FAILED", "No stock")
