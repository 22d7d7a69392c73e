"""Figures and the simulation on the Operations page and in the API: who sees and does what."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent, Simulation
from agents.services.figures import count_attempts
from agents.services.simulations import ask_for_simulation, run_simulation
from tests.agents.figures.conftest import MakeRun
from tests.agents.figures.test_counting import settle_clock
from tests.agents.fixtures import ActorAs, ApiAs, As
from workflows.models import Workflow

pytestmark = pytest.mark.django_db
DONE = "SUCCEEDED"
PAGE, API = "/operations/", "/api/v1/operations/figures"


@pytest.fixture
def history(chain: Workflow, make_run: MakeRun) -> None:
    Agent.objects.create(name="clerk", queue="clerk", capacity=2)
    make_run(chain, ("a", 0, 1, 0, 10, DONE), ("b", 0, 1, 10, 14, DONE), ("c", 0, 1, 12, 16, DONE))
    settle_clock()
    count_attempts()


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("role", ["admin", "manager", "builder", "operator", "viewer"])
def test_every_role_sees_the_figures_with_their_formulas(role: str, history: None, logged_in: As) -> None:
    shown = text_of(logged_in(role).get(PAGE))
    for formula in ("E = S / p", "L = (max − avg) / max", "D = S / T", "F = R / N"):
        assert formula in shown
    assert "66.7 %" in shown  # two of three ran beside each other
    assert ("/operations/simulate/" in shown) == (role in ("admin", "manager"))
    assert "66.7 %" in text_of(logged_in(role).get("/operations/figures/"))


def test_without_history_the_page_says_so(logged_in: As) -> None:
    shown = text_of(logged_in("viewer").get(PAGE))
    assert "Nothing has been simulated yet." in shown


@pytest.mark.parametrize("role", ["builder", "operator", "viewer"])
def test_others_can_not_simulate(role: str, history: None, logged_in: As) -> None:
    assert logged_in(role).post("/operations/simulate/", {"days": "7", "load": "1"}).status_code == 403
    assert not Simulation.objects.exists()


def test_a_manager_simulates_and_sees_the_strategies(history: None, logged_in: As) -> None:
    manager = logged_in("manager")
    assert manager.post("/operations/simulate/", {"days": "7", "load": "10"}).status_code == 302
    assert manager.post("/operations/simulate/", {"days": "7", "load": "10"}).status_code == 302
    asked = Simulation.objects.get()
    assert "every 2s" in text_of(manager.get("/operations/scheduling/"))
    run_simulation(asked.pk)
    shown = text_of(manager.get("/operations/scheduling/"))
    assert "every 2s" not in shown
    assert "3 tries of 1 runs of 7 days, 10 × as fast" in shown
    for word in ("load", "priority", "predictive", "before 14.00 s: that is the bound"):
        assert word in shown


def test_a_size_that_is_not_offered_is_refused(history: None, logged_in: As) -> None:
    for load in ("7", "", "x", "9" * 30):
        assert logged_in("manager").post("/operations/simulate/", {"days": "7", "load": load}).status_code == 422
    assert not Simulation.objects.exists()


def test_the_page_reads_no_attempts(history: None, actor_as: ActorAs, logged_in: As) -> None:
    run_simulation(ask_for_simulation(actor=actor_as("manager"), days=7, load=1).pk)
    viewer = logged_in("viewer")
    with CaptureQueriesContext(connection) as seen:
        viewer.get("/operations/figures/")
        viewer.get("/operations/scheduling/")
    assert seen.captured_queries
    assert not any("stepattempt" in query["sql"] for query in seen.captured_queries)


def test_the_api_answers_the_figures(history: None, api_as: ApiAs) -> None:
    answer = api_as("viewer").get(API, {"hours": "2"})
    assert answer.status_code == 200
    body = answer.json()
    assert body["whole"]["decomposition_rate"] == pytest.approx(2 / 3)
    assert [one["agent"] for one in body["agents"]] == ["clerk"]
    assert len(body["hourly"]) == 2


@pytest.mark.parametrize("hours", ["0", "745", "x", "-1", "99999"])
def test_hours_out_of_range_are_refused(hours: str, api_as: ApiAs) -> None:
    answer = api_as("viewer").get(API, {"hours": hours})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_hours")


def test_a_stranger_gets_no_figures(client: Any) -> None:
    assert client.get(API).status_code == 401
    assert client.get("/operations/figures/").status_code == 302


def test_the_rows_are_few(history: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM agents_hourfigures")
        assert cursor.fetchone() == (1,)
