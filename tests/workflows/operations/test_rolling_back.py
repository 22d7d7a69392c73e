"""A run that fails part of the way is shown undoing what it did, in order, and afterwards what was undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm.actors import Actor
from tests.workflows.engine.conftest import Start, work_off
from tests.workflows.operations.test_pausing import client_of
from workflows.models import Run
from workflows.selectors.run_history import undoing
from workflows.selectors.run_steps import steps_of
from workflows.selectors.runs import get_run, shown_state
from workflows.services.runs import cancel_run

pytestmark = pytest.mark.django_db(transaction=True)
Actors = Callable[[str], Actor]


@pytest.fixture
def run(started: Start, manager: Actor) -> Run:
    """Cancelled while it waits; the first of two compensations is ready."""
    mark = {"type": "test_mark", "config": {}}
    nodes = {"a": mark, "b": mark, "w": "test_ask", "ua": {**mark, "undoes": "a"}, "ub": {**mark, "undoes": "b"}}
    found = started(nodes, "a b", "b w")
    work_off()
    cancel_run(actor=manager, run=found)
    return get_run(actor=manager, run_id=found.pk)


def order(actor: Actor, run: Run) -> list[tuple[str, str]]:
    return [(line["node"], line["of"]) for line in undoing(run, steps_of(actor=actor, run=run))]


def test_meanwhile_it_is_rolling_back_with_what_is_still_to_come(run: Run, manager: Actor, actors: Actors) -> None:
    assert shown_state(run) == "ROLLING_BACK"
    assert order(manager, run) == [("ub", "b"), ("ua", "a")]
    client = client_of(actors("viewer"))
    assert client.get("/api/v1/runs?state=ROLLING_BACK").json()["results"][0]["state"] == "ROLLING_BACK"
    assert "After it the run is cancelled." in client.get(f"/runs/{run.pk}/").content.decode()


def test_afterwards_it_says_what_was_undone(run: Run, manager: Actor, actors: Actors) -> None:
    work_off()
    ended = get_run(actor=manager, run_id=run.pk)
    assert (shown_state(ended), order(manager, ended)) == ("CANCELLED", [("ub", "b"), ("ua", "a")])
    assert "What was undone" in client_of(actors("viewer")).get(f"/runs/{run.pk}/").content.decode()


def test_a_run_that_undid_nothing_says_nothing_of_it(started: Start, manager: Actor) -> None:
    found = started({"a": "test_mark", "u": {"type": "test_mark", "config": {}, "undoes": "a"}})
    work_off()
    assert order(manager, get_run(actor=manager, run_id=found.pk)) == []
