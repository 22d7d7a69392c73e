"""What is predicted of a step stands on its row from its birth, and how long it was ready on its attempt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from agents import executor
from agents.models import NodeFigures
from agents.worker import STRANGER
from tests.workflows.engine.conftest import Publish, Start, work_off
from workflows.engine import forecast
from workflows.engine.clock import database_now
from workflows.engine.line import Strategy, next_steps
from workflows.engine.refs import WorkerInfo
from workflows.graph.compile import CompiledGraph
from workflows.graph.remaining import remaining
from workflows.models import Step, StepAttempt, Workflow

pytestmark = pytest.mark.django_db(transaction=True)
ELSEWHERE = WorkerInfo(None, "", lambda kind: kind != "test_send")
NODES: dict[str, Any] = {one: ("test_mark", {}) for one in ("a", "b", "c", "d")}
EDGES = ("a b", "a c", "b d", "c d")


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    forecast.forget()


def learn(workflow: Workflow, **seconds: float) -> None:
    for node, mean in seconds.items():
        NodeFigures.objects.create(workflow=workflow, node=node, count=1, mean=mean, newest="2026-01-01T00:00:00Z")


def graph_of(workflow: Workflow) -> CompiledGraph:
    assert workflow.published
    return CompiledGraph.from_json(workflow.published.compiled)


def ranks(run_id: Any) -> dict[tuple[str, int], float]:
    return {(step.node, step.item): step.rank for step in Step.objects.filter(run_id=run_id)}


def test_the_longest_way_to_the_end_counts(published: Publish) -> None:
    graph = graph_of(published(NODES, *EDGES))
    assert remaining(graph, {"a": 1, "b": 2, "c": 5, "d": 10}) == {"a": 16, "b": 12, "c": 15, "d": 10}
    assert remaining(graph, {}) == {"a": 0, "b": 0, "c": 0, "d": 0}


def test_a_body_is_followed_by_what_follows_its_map(published: Publish) -> None:
    nodes = {
        "each": ("map", {"items": "{{ input.items }}"}),
        "one": {"type": "test_mark", "config": {}, "parent": "each"},
        "after": ("test_mark", {}),
    }
    graph = graph_of(published(nodes, "each after"))
    assert remaining(graph, {"each": 1, "one": 2, "after": 4}) == {"each": 7, "one": 6, "after": 4}


def test_a_step_is_born_with_its_rank_and_a_join_too(published: Publish, started: Start) -> None:
    run = started({**NODES, "b": ("test_send", {}), "c": ("test_send", {})}, *EDGES)
    workflow = Workflow.objects.get(pk=run.workflow_id)
    assert ranks(run.pk)["a", 0] == 0  # nothing is known yet
    learn(workflow, a=1, b=2, c=5, d=10)
    forecast.forget()
    executor.work(next_steps(["test_mark"], Strategy.PRIORITY)[0], ELSEWHERE)
    assert ranks(run.pk)["b", 0] == 12
    assert ranks(run.pk)["c", 0] == 15
    executor.work(next_steps(["test_send"], Strategy.PRIORITY)[0], STRANGER)
    work_off()
    assert ranks(run.pk)["d", 0] == 10


def test_how_long_a_step_was_ready_is_kept_with_its_attempt(started: Start) -> None:
    run = started({"a": ("test_mark", {}), "b": ("test_mark", {})}, "a b")
    Step.objects.filter(run_id=run.pk, node="a").update(since=database_now() - timedelta(seconds=3))
    work_off()
    waits = dict(StepAttempt.objects.filter(run_id=run.pk).values_list("node", "waited"))
    assert waits["a"] is not None
    assert 3 <= waits["a"] < 60
    assert waits["b"] is None  # it went on in the same transaction
