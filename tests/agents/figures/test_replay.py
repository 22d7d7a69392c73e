"""History as a case to plan, and the simulation of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agents.models import Agent, Simulation, SimulationState
from agents.planner.dispatch import Strategy, plan
from agents.planner.schedule import faults
from agents.selectors.replay import Replay, replay
from agents.services.simulations import ask_for_simulation, run_pending_simulations, run_simulation, simulate
from crm.errors import Conflict, InvalidInput, NotAllowed
from tests.agents.figures.conftest import MakeRun, MakeWorkflow
from tests.agents.fixtures import ActorAs
from workflows.models import Workflow

pytestmark = pytest.mark.django_db
DONE = "SUCCEEDED"


def shape(found: Replay | None) -> dict[str, tuple[float, list[str], float]]:
    """Node/item/attempt -> duration, what it depends on, release."""
    assert found is not None
    return {
        task.id.partition("/")[2]: (
            round(task.duration, 3),
            sorted(other.partition("/")[2] for other in task.depends_on),
            round(task.release, 3),
        )
        for task in found.case.tasks
    }


def test_without_history_there_is_nothing_to_replay(db: None) -> None:
    assert replay(7) is None
    assert simulate(days=7)["tasks"] == 0


def test_steps_follow_those_that_they_followed(chain: Workflow, make_run: MakeRun) -> None:
    make_run(chain, ("a", 0, 1, 0, 1, DONE), ("b", 0, 1, 2, 4, DONE), ("c", 0, 1, 5, 6, DONE))
    assert shape(replay(7)) == {
        "a/0/1": (1, [], 0), "b/0/1": (2, ["a/0/1"], 0), "c/0/1": (1, ["a/0/1"], 0),
    }  # fmt: skip


def test_a_try_after_a_wait_comes_when_it_came(chain: Workflow, make_run: MakeRun) -> None:
    make_run(chain, ("a", 0, 1, 0, 1, "WAITING"), ("a", 0, 2, 100, 101, DONE), ("b", 0, 1, 101, 102, DONE))
    assert shape(replay(7)) == {
        "a/0/1": (1, [], 0), "a/0/2": (1, ["a/0/1"], 100), "b/0/1": (1, ["a/0/2"], 0),
    }  # fmt: skip


def test_the_end_of_a_for_each_follows_all_of_its_items(make_workflow: MakeWorkflow, make_run: MakeRun) -> None:
    value: Any = ("set_values", {"values": {"x": 1}})
    one = {"type": "set_values", "config": value[1], "parent": "each"}
    nodes: dict[str, Any] = {"each": ("map", {"items": "{{ input.items }}"}), "one": one}
    workflow = make_workflow({**nodes, "after": value}, "each after")
    make_run(
        workflow, ("each", 0, 1, 0, 1, "EXPANDED"), ("one", 1, 1, 1, 2, DONE), ("one", 2, 1, 1, 3, DONE),
        ("each", 0, 2, 4, 5, DONE), ("after", 0, 1, 5, 6, DONE),
    )  # fmt: skip
    found = shape(replay(7))
    after = {task: depends_on for task, (_, depends_on, _) in found.items()}
    assert after["one/1/1"] == after["one/2/1"] == ["each/0/1"]
    assert after["each/0/2"] == ["each/0/1", "one/1/1", "one/2/1"]
    assert after["after/0/1"] == ["each/0/2"]


def test_the_load_brings_runs_closer_together(chain: Workflow, make_run: MakeRun) -> None:
    for at in (0, 60):
        make_run(chain, ("a", 0, 1, at, at + 1, DONE), at=at)
    found = replay(7, load=10)
    assert found is not None
    assert sorted(task.release for task in found.case.tasks) == [0, 6]


def test_what_is_predicted_is_known_before(chain: Workflow, make_run: MakeRun) -> None:
    for at, seconds in ((0, 2), (10, 4), (20, 9)):
        make_run(chain, ("a", 0, 1, at, at + seconds, DONE), at=at)
    found = replay(7)
    assert found is not None
    assert [task.predicted for task in found.case.tasks] == [0, 2, 3]


def test_nodes_have_the_capacity_of_their_agents(chain: Workflow, make_run: MakeRun) -> None:
    Agent.objects.create(name="clerk", queue="clerk", capacity=3)
    make_run(chain, ("a", 0, 1, 0, 1, DONE))
    make_run(chain, ("a", 0, 1, 0, 1, DONE), agent="gone")
    found = replay(7)
    assert found is not None
    assert [(node.name, node.capacity) for node in found.case.nodes] == [("clerk-1", 3), ("gone-1", 1)]


def test_of_too_much_history_the_newest_whole_runs_are_taken(chain: Workflow, make_run: MakeRun) -> None:
    old, new = (make_run(chain, ("a", 0, 1, 0, 1, DONE), ("b", 0, 1, 1, 2, DONE)) for _ in range(2))
    found = replay(7, most=3)
    assert found is not None
    assert found.cut
    assert {task.job for task in found.case.tasks} == {str(new.pk)} != {str(old.pk)}


def test_every_strategy_can_carry_history_out(chain: Workflow, make_run: MakeRun) -> None:
    for at in range(5):
        make_run(chain, ("a", 0, 1, 0, 1 + at, DONE), ("b", 0, 1, 2, 4, DONE), ("c", 0, 1, 5, 6, DONE), at=at)
    found = replay(7)
    assert found is not None
    for strategy in Strategy:
        assert faults(found.case, plan(found.case, strategy)) == []


def test_the_command_compares_the_strategies(chain: Workflow, make_run: MakeRun, capsys: Any) -> None:
    make_run(chain, ("a", 0, 1, 0, 1, DONE), ("b", 0, 1, 2, 4, DONE), ("c", 0, 1, 5, 6, DONE))
    call_command("schedule", "simulate", "--strategy", "all", "--days", "7", "--json")
    result = json.loads(capsys.readouterr().out)
    assert [one["strategy"] for one in result["outcomes"]] == ["load", "priority", "predictive"]
    assert (result["runs"], result["tasks"], result["bound"]) == (1, 3, 4)
    # One place: whatever comes first, 4 s of work.
    assert all(one["makespan"] == 4 and one["distance"] == 0 for one in result["outcomes"])
    call_command("schedule", "simulate", "--strategy", "load")
    assert "3 attempts of 1 runs" in capsys.readouterr().out


def test_the_command_plans_the_given_case(capsys: Any) -> None:
    call_command("schedule", "plan", "--case", "mission")
    shown = capsys.readouterr().out
    assert "C takes 1: the case leaves it open" in shown
    assert "makespan 4, bound 4 (critical path 4, work 2.14286, by size 2): the bound itself" in shown
    assert "Σ R·t 12, bound 12: the bound itself" in shown
    call_command("schedule", "plan", "--case", "mission", "--duration-of-c", "2", "--json")
    assert json.loads(capsys.readouterr().out)["exact"]["makespan"] == 5


def test_the_command_plans_a_file(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "case.json"
    case = {"nodes": [{"name": "n", "capacity": 1}], "tasks": [{"id": "a", "duration": 2}, {"id": "b", "duration": 1}]}
    file.write_text(json.dumps(case))
    call_command("schedule", "plan", str(file), "--json")
    planned = json.loads(capsys.readouterr().out)
    assert planned["exact"]["proven"]
    assert [one["task"] for one in planned["exact"]["placements"]] == ["b", "a"]
    for wrong in ("[]", "{}", '{"nodes": [], "tasks": []}', "no json", '{"nodes": [{"name": 1, "capacity": 1}]}'):
        file.write_text(wrong)
        with pytest.raises(CommandError):
            call_command("schedule", "plan", str(file))


def test_only_managers_and_admins_simulate(actor_as: ActorAs) -> None:
    for role in ("viewer", "operator", "builder"):
        with pytest.raises(NotAllowed):
            ask_for_simulation(actor=actor_as(role), days=7, load=1)
    assert not Simulation.objects.exists()


def test_a_simulation_is_carried_out_once(chain: Workflow, make_run: MakeRun, actor_as: ActorAs) -> None:
    make_run(chain, ("a", 0, 1, 0, 1, DONE))
    asked = ask_for_simulation(actor=actor_as("manager"), days=7, load=10)
    with pytest.raises(Conflict):
        ask_for_simulation(actor=actor_as("manager"), days=7, load=10)
    run_simulation(asked.pk)
    asked.refresh_from_db()
    assert asked.result is not None
    assert (asked.state, asked.result["tasks"]) == (SimulationState.DONE, 1)
    ended = asked.ended_at
    run_simulation(asked.pk)
    asked.refresh_from_db()
    assert asked.ended_at == ended


def test_a_simulation_of_no_known_size_is_refused(actor_as: ActorAs) -> None:
    with pytest.raises(InvalidInput):
        ask_for_simulation(actor=actor_as("manager"), days=9999, load=1)
    assert not Simulation.objects.exists()


def test_what_nobody_heard_of_is_taken_up_and_what_was_lost_is_given_up(actor_as: ActorAs) -> None:
    asked = ask_for_simulation(actor=actor_as("manager"), days=7, load=1)
    assert run_pending_simulations() == 0
    Simulation.objects.update(asked_at="2026-01-01T00:00:00Z")
    assert run_pending_simulations() == 1
    asked.refresh_from_db()
    assert asked.state == SimulationState.DONE
    Simulation.objects.update(state=SimulationState.RUNNING, started_at="2026-01-01T00:00:00Z", ended_at=None)
    run_pending_simulations()
    asked.refresh_from_db()
    assert asked.state == SimulationState.FAILED
