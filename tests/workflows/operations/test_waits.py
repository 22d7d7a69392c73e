"""Why a step waits, in words: on the run page and in the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from agents.models import Agent, Worker
from crm.actors import Actor
from tests.workflows.engine.conftest import Publish, Start, work_off
from tests.workflows.operations.test_pausing import client_of
from workflows.models import Run, Step
from workflows.selectors.run_steps import steps_of
from workflows.selectors.runs import get_run
from workflows.services.run_control import pause_run
from workflows.services.runs import start_run

pytestmark = pytest.mark.django_db(transaction=True)
Actors = Callable[[str], Actor]
MARK: tuple[str, dict[str, Any]] = ("test_mark", {})


def wait(actor: Actor, run: Run, node: str = "a") -> str:
    lines = {line["node"]: line for line in steps_of(actor=actor, run=get_run(actor=actor, run_id=run.pk))}
    return str(lines[node]["wait"])


@pytest.fixture
def agent(db: None) -> Agent:
    Agent.objects.all().delete()
    return Agent.objects.create(name="clerk", kinds=["*"], queue="q", capacity=1)


def hire(agent: Agent) -> Worker:
    return Worker.objects.create(id="01890000-0000-7000-8000-000000000001", agent=agent, host="h", pid=1, version="1")


class TestAgents:
    def test_no_agent_serves_it(self, started: Start, manager: Actor) -> None:
        Agent.objects.all().delete()
        assert "no agent serves “test_mark” steps" in wait(manager, started({"a": MARK}))

    def test_its_agent_is_paused(self, started: Start, manager: Actor, agent: Agent) -> None:
        Agent.objects.update(paused=True)
        assert wait(manager, started({"a": MARK})) == "its agent “clerk” is paused"

    def test_its_agent_has_no_worker(self, started: Start, manager: Actor, agent: Agent) -> None:
        assert wait(manager, started({"a": MARK})) == "its agent “clerk” has no living worker"

    def test_it_stands_in_line(self, started: Start, manager: Actor, agent: Agent) -> None:
        hire(agent)
        started({"x": MARK})
        run = started({"a": MARK})
        assert wait(manager, run) == "queued for “clerk”; 1 step came before it"

    def test_all_places_are_taken(self, started: Start, manager: Actor, agent: Agent) -> None:
        worker = hire(agent)
        other, run = started({"x": MARK}), started({"a": MARK})
        Step.objects.filter(run_id=other.pk).update(state="RUNNING", worker_id=worker.pk)
        assert wait(manager, run) == "all 1 places of “clerk” are taken; it is next"


class TestOthers:
    def test_a_limit_names_its_key_holder_and_place(self, published: Publish, manager: Actor, actors: Actors) -> None:
        node: dict[str, Any] = {"type": "test_ask", "limit": {"key": "{{ input.shop }}", "at_once": 1}}
        workflow = published({"a": node})
        first, second = (start_run(actor=manager, workflow=workflow, input={"shop": "Bern"}) for _ in range(2))
        work_off()
        assert wait(manager, second) == f"waits for its turn under “Bern”: place 1 in line, held by #{first.number}"
        step = client_of(actors("viewer")).get(f"/api/v1/runs/{second.pk}").json()["steps"][0]
        assert step["wait_runs"] == [{"id": str(first.pk), "number": first.number}]
        assert f"/runs/{first.pk}/" in client_of(actors("viewer")).get(f"/runs/{second.pk}/").content.decode()

    @pytest.mark.parametrize(
        ("limit", "seen", "hidden"),
        [
            ({"at_once": 1}, "for its turn under “Bern”: place 1 in line, held by #", "waits for its turn: place 1 in"),
            ({"rate": 1, "per_seconds": 3600}, "its turn under the rate of “Bern” is at ", "its turn is at "),
            ({"when_full": "debounce", "seconds": 60}, "waits for quiet under “Bern” until ", "waits for quiet until "),
        ],
    )
    def test_the_key_of_a_limit_is_a_value(
        self, published: Publish, manager: Actor, actors: Actors, limit: dict[str, Any], seen: str, hidden: str
    ) -> None:
        workflow = published({"a": {"type": "test_ask", "limit": {"key": "{{ input.shop }}", **limit}}})
        _, second = (start_run(actor=manager, workflow=workflow, input={"shop": "Bern"}) for _ in range(2))
        work_off()
        assert seen in wait(manager, second)
        assert hidden in wait(actors("operator"), second)
        assert "Bern" not in client_of(actors("operator")).get(f"/runs/{second.pk}/").content.decode()
        assert "Bern" not in client_of(actors("operator")).get(f"/api/v1/runs/{second.pk}").content.decode()

    def test_what_an_awaited_event_is_told_by_is_a_value(self, started: Start, manager: Actor, actors: Actors) -> None:
        config = {"record": "customer", "field": "after.city", "equals": {"$expr": "input.city"}}
        run = started({"a": ("wait_for_event", config)}, given={"city": "Bern"})
        work_off()
        assert "waits for the event “customer.updated” with after.city = Bern until " in wait(manager, run)
        assert "waits for the event “customer.updated” until " in wait(actors("operator"), run)
        assert "Bern" not in client_of(actors("operator")).get(f"/runs/{run.pk}/").content.decode()

    def test_a_pause_names_who_did_it(self, started: Start, manager: Actor) -> None:
        run = started({"a": MARK})
        pause_run(actor=manager, run=run)
        assert wait(manager, run).startswith(f"held: {manager.name} paused the run at ")

    def test_a_retry_says_when_and_how_many_failed(self, started: Start, manager: Actor) -> None:
        run = started({"a": ("test_fail", {"retry": True})})
        work_off()
        assert wait(manager, run).startswith("tries again at ")
        assert wait(manager, run).endswith("; one try failed")

    def test_a_decision_and_a_time(self, started: Start, manager: Actor) -> None:
        nodes = {"a": {"type": "test_fail", "on_failure": "ask"}, "t": ("test_pause", {"seconds": 60})}
        run = started(nodes)
        work_off()
        assert wait(manager, run) == "failed; a person decides what follows"
        assert wait(manager, run, "t").startswith("waits until ")

    def test_items_say_how_many_are_done_and_at_once(self, started: Start, manager: Actor) -> None:
        nodes = {
            "a": ("map", {"items": [1, 2, 3], "at_once": 2}),
            "in": {"type": "test_ask", "parent": "a"},
        }
        run = started(nodes)
        work_off()
        assert wait(manager, run) == "0 of 3 items done, 2 parts at once"

    def test_a_version_that_no_worker_here_knows_is_said_to_be_so(self, started: Start, manager: Actor) -> None:
        from workflows.engine import program

        run = started({"a": MARK})
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE workflows_version DISABLE TRIGGER USER")
            cursor.execute(
                "UPDATE workflows_version SET compiled = replace(compiled::text, 'test_mark', 'gone')::jsonb"
            )
            cursor.execute("ALTER TABLE workflows_version ENABLE TRIGGER USER")
        program._programs.clear()
        work_off()
        assert "can't be carried out here" in wait(manager, run)
