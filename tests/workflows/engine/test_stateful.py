"""The engine against real Postgres, shaken by Hypothesis: whatever comes in whatever order, it does as the model says.

The model is an interpreter of a few lines (`model.py`). The rules are the network (deliver, drop, double), the workers
(claim, die, wake up as a zombie), time (sweep) and people (answer, decide, cancel). After each of them the history
checker must be content, and every step that has ended must have ended as the model has it.

STATEFUL_EXAMPLES asks for more than the few of a plain test run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from uuid_utils.compat import uuid7

from agents import executor
from crm.actors import Actor
from tests.workflows.engine import stateful_kinds as kinds
from tests.workflows.engine.conftest import document_of
from tests.workflows.engine.model import Decisions, ModelGraph, end_of_run, fates
from tests.workflows.engine.random_graphs import ITEMS, drawn, graphs
from workflows.engine import rows
from workflows.engine.cancel import cancel
from workflows.engine.decisions import Decision, Verdict, decide
from workflows.engine.history import check_history
from workflows.engine.refs import StepRef, WorkerInfo
from workflows.engine.signals import send_signal
from workflows.engine.sweep import sweep
from workflows.engine.wake import Wake
from workflows.models import Run, Step, Workflow
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document

EXAMPLES = int(os.environ.get("STATEFUL_EXAMPLES", "8"))
CRASHES_UNTIL_DEAD = 5
messages: list[Wake] = []


def dispatch(wakes: Sequence[Wake]) -> None:
    """The network of this test: nothing moves unless a rule moves it."""
    messages.extend(wakes)


# A run under way, and what was done to it


@dataclass
class Case:
    run: Run
    graph: ModelGraph
    decisions: Decisions = field(default_factory=Decisions)
    lost: Counter[tuple[str, int]] = field(default_factory=Counter)
    cancelled: bool = False
    retried: Counter[str] = field(default_factory=Counter)
    marks_at_cancel: int = 0

    def steps(self) -> list[Step]:
        return list(Step.objects.filter(run_id=self.run.pk))

    def marks(self) -> Counter[tuple[str, int]]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT node, index FROM stateful_mark WHERE run_id = %s", [self.run.pk])
            return Counter((node, index) for node, index in cursor.fetchall())

    def has_ended(self) -> bool:
        self.run.refresh_from_db()
        return bool(self.run.state != "RUNNING")


def worker(*, serves_all: bool = True) -> WorkerInfo:
    """Of two agents one leaves what reaches outside to the other."""
    return WorkerInfo(uuid7(), "stateful", lambda kind: serves_all or kind not in ("stateful_send", "stateful_mail"))


numbers = st.integers(0, 1_000_000)


class Engine(RuleBasedStateMachine):
    actor: Actor

    def __init__(self) -> None:
        super().__init__()
        messages.clear()
        kinds.interruption.clear()
        kinds.sent.clear()
        self.cases: list[Case] = []
        self.began = datetime.now(UTC) - timedelta(milliseconds=1)

    # Starting

    @initialize(graph=graphs())
    def begin(self, graph: ModelGraph) -> None:
        nodes, ways = drawn(graph)
        self.workflow: Workflow = import_document(actor=self.actor, document=document_of(nodes, *ways))
        publish(actor=self.actor, workflow=self.workflow)
        self.workflow.refresh_from_db()
        self.graph = graph
        self.start()

    @precondition(lambda self: len(self.cases) < 3)
    @rule()
    def start(self) -> None:
        self.cases.append(Case(start_run(actor=self.actor, workflow=self.workflow), self.graph))

    # The network

    @precondition(lambda self: bool(messages))
    @rule(number=numbers, serves_all=st.booleans())
    def deliver(self, number: int, serves_all: bool) -> None:
        _, ref = messages.pop(number % len(messages))
        executor.work(ref, worker(serves_all=serves_all))

    @precondition(lambda self: bool(messages))
    @rule(number=numbers)
    def drop(self, number: int) -> None:
        del messages[number % len(messages)]

    @precondition(lambda self: bool(messages))
    @rule(number=numbers)
    def double(self, number: int) -> None:
        messages.append(messages[number % len(messages)])

    # Workers

    @precondition(lambda self: bool(self.open_steps("READY")))
    @rule(number=numbers)
    def claim_and_die(self, number: int) -> None:
        """The claim is committed, and the worker dies before it does anything."""
        case, step = self.pick("READY", number)
        assert rows.claim(StepRef(case.run.pk, step.node, step.item), uuid7(), datetime.now(UTC))

    @precondition(lambda self: bool(messages))
    @rule(number=numbers)
    def die_in_the_middle(self, number: int) -> None:
        """The effect happened, as far as it can without its transaction, and the worker dies."""
        _, ref = messages.pop(number % len(messages))
        with interrupted(_die), suppress(kinds.Death):
            executor.work(ref, worker())

    @precondition(lambda self: bool(messages))
    @rule(number=numbers)
    def come_back_as_a_zombie(self, number: int) -> None:
        """The worker sleeps in the middle of an outside step; others take it over and finish it; it wakes up."""
        _, ref = messages.pop(number % len(messages))
        with interrupted(lambda: self.others_go_on(ref)):
            executor.work(ref, worker())

    def others_go_on(self, asleep: StepRef) -> None:
        if connection.in_atomic_block:
            return  # a local step: what it holds is locked, and nobody can take it over
        case = next(case for case in self.cases if case.run.pk == asleep.run_id)
        self.sweep_all()
        for _, ref in [one for one in messages if one[1].run_id == case.run.pk]:
            executor.work(ref, worker())

    # Time

    @rule()
    def sweep_all(self) -> None:
        """The time of every step has come; who holds a lease now has lost it."""
        for case in self.cases:
            for step in case.steps():
                if step.state == "RUNNING":
                    case.lost[step.node, step.item] += 1
        _let_two_hours_pass()
        while sweep():
            pass

    # People

    @precondition(lambda self: "choose" in {node.kind for node in self.graph.nodes.values()})
    @rule(number=numbers, port=st.sampled_from(("yes", "no")))
    def answer(self, number: int, port: str) -> None:
        """Before the question, during, after; only the first answer counts."""
        case = self.cases[number % len(self.cases)]
        asking = [name for name, node in self.graph.nodes.items() if node.kind == "choose"]
        name = asking[number % len(asking)]
        is_first = send_signal(run_id=case.run.pk, node=name, item=0, key="decision", payload={"port": port})
        assert is_first == (name not in case.decisions.answers)
        case.decisions.answers.setdefault(name, port)

    @precondition(lambda self: bool(self.open_steps("UNCERTAIN")))
    @rule(number=numbers, verdict=st.sampled_from(("retry", "done", "failed")))
    def decide_uncertain(self, number: int, verdict: str) -> None:
        case, step = self.pick("UNCERTAIN", number)
        assert decide(StepRef(case.run.pk, step.node, step.item), Decision(Verdict(verdict), "Meg"))
        if verdict == "retry":
            case.retried[step.node] += 1
        else:
            case.decisions.verdicts[step.node] = verdict

    @precondition(lambda self: len(self.cases) > 1 and not self.cases[0].cancelled)
    @rule()
    def cancel_the_first(self) -> None:
        case = self.cases[0]
        case.cancelled = cancel(case.run.pk)
        case.marks_at_cancel = sum(case.marks().values())

    # What must hold

    @invariant()
    def history_is_in_order(self) -> None:
        report = check_history(self.began)
        assert report.violations == [], "\n".join(map(str, report.violations))

    @invariant()
    def what_ended_ended_as_in_the_model(self) -> None:
        for case in self.cases:
            steps = {step.node: step for step in case.steps() if step.item == 0 and step.node in self.graph.nodes}
            for step in case.steps():
                if step.state == "DEAD":
                    assert case.lost[step.node, step.item] >= CRASHES_UNTIL_DEAD
                    known = case.decisions.broken if step.item else case.decisions.dead
                    known.add(step.node.partition("_")[0])
                elif step.state == "CANCELLED" and not case.cancelled and step.item == 0 and step.kind != "end":
                    assert step.node in self.graph.losers(), f"{step.node} was cancelled"
                    case.decisions.cut.add(step.node)
            expected = fates(self.graph, case.decisions)
            for name, step in steps.items():
                if step.state in ("SUCCEEDED", "FAILED", "SKIPPED", "DEAD"):
                    fate = expected[name]
                    assert fate is not None, f"{name} {step.state}, and in the model it is not decided yet"
                    assert step.state == fate.state, f"{name} {step.state}, in the model {fate}"

    @invariant()
    def effects_happen_once(self) -> None:
        for case in self.cases:
            marks = case.marks()
            assert not [mark for mark, times in marks.items() if times > 1]
            if case.cancelled:
                assert sum(marks.values()) == case.marks_at_cancel
        for name, times in Counter(node for _, node in kinds.sent).items():
            if self.graph.nodes[name].kind == "mail":
                allowed = sum(1 + case.retried[name] for case in self.cases)
                assert times <= allowed, f"{name} was sent {times} times"

    # The end

    def teardown(self) -> None:
        for _ in range(60):
            if all(case.has_ended() for case in self.cases):
                break
            self.go_on()
        self.history_is_in_order()
        self.what_ended_ended_as_in_the_model()
        self.effects_happen_once()
        for case in self.cases:
            self.check_the_end(case)

    def go_on(self) -> None:
        for case in self.cases:
            for step in case.steps():
                if step.state == "UNCERTAIN":
                    decide(StepRef(case.run.pk, step.node, step.item), Decision(Verdict.DONE, "Meg"))
                elif step.state == "WAITING" and step.waits_for == "person":
                    sent = send_signal(
                        run_id=case.run.pk, node=step.node, item=0, key="decision", payload={"port": "yes"}
                    )
                    if sent:
                        case.decisions.answers[step.node] = "yes"
        self.sweep_all()
        while messages:
            _, ref = messages.pop()
            executor.work(ref, worker())

    def check_the_end(self, case: Case) -> None:
        assert case.has_ended(), f"stuck: {[(step.node, step.item, step.state) for step in case.steps()]}"
        if case.cancelled:
            assert case.run.state == "CANCELLED"
            return
        self.check_maps(case)
        assert case.run.state == end_of_run(self.graph, case.decisions)
        expected = fates(self.graph, case.decisions)
        plain = {name for name, fate in expected.items() if fate and fate.state == "SUCCEEDED"}
        marks = case.marks()
        for name, node in self.graph.nodes.items():
            if node.kind == "mark":
                assert marks[name, 0] == (name in plain)
            if node.kind == "loop" and name in plain:
                assert [marks[f"{name}_item", index] for index in range(4)] == [*[1] * node.says, 0, 0, 0][:4]

    def check_maps(self, case: Case) -> None:
        dead = {(step.node, step.item) for step in case.steps() if step.state == "DEAD"}
        marks, expected = case.marks(), fates(self.graph, case.decisions)
        for name, node in self.graph.nodes.items():
            fate = expected[name]
            if node.kind != "map" or fate is None or fate.state in ("SKIPPED", "CANCELLED") or any(i for _, i in dead):
                continue
            reached = {index for index in range(ITEMS) if marks[f"{name}_then", index]}
            assert reached == set(range(ITEMS)) - set(node.says)

    # Looking at the tables

    def open_steps(self, state: str) -> list[tuple[Case, Step]]:
        return [(case, step) for case in self.cases for step in case.steps() if step.state == state]

    def pick(self, state: str, number: int) -> tuple[Case, Step]:
        found = sorted(self.open_steps(state), key=lambda one: (self.cases.index(one[0]), one[1].node, one[1].item))
        return found[number % len(found)]


def _let_two_hours_pass() -> None:
    """Retries, timers, leases; but not the daily look at what waits for people: nothing may depend on that."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workflows_step SET wake_at = clock_timestamp()"
            " WHERE wake_at < clock_timestamp() + interval '2 hours'"
        )


def _die() -> None:
    raise kinds.Death


@contextmanager
def interrupted(by: Callable[[], None]) -> Iterator[None]:
    kinds.interruption[:] = [by]
    try:
        yield
    finally:
        kinds.interruption.clear()


@pytest.fixture
def engine(manager: Actor, settings: Any) -> type[Engine]:
    kinds.register()
    with connection.cursor() as cursor:
        cursor.execute(kinds.TABLE)
    settings.STEP_DISPATCHER = f"{__name__}.dispatch"
    Engine.actor = manager
    return Engine


@pytest.mark.django_db(transaction=True)
def test_the_engine_does_as_the_model_says(engine: type[Engine]) -> None:
    run_state_machine_as_test(
        engine,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=25, deadline=None, print_blob=True, database=None,
            derandomize=EXAMPLES < 50, phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
