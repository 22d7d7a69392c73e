"""The whole product, with a database that survives what is done to it; and a smaller world of servers and agents."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from celery import current_app
from django.db import connection, connections
from pytest_django.plugin import DjangoDbBlocker

from agents import routing
from agents.models import Agent
from agents.services.agents import AgentSettings, update_agent
from agents.services.demo import create_first_agents
from config import data_dir
from crm.actors import SYSTEM
from tests.chaos import table
from tests.chaos.world import World
from tests.e2e.conftest import product
from workflows.engine import program
from workflows.engine.history import check_history

__all__ = ["product"]
_numbers = count(1)
_checked: list[tuple[int, int, int]] = []
Tell = Callable[[str, str], None]


@pytest.fixture(scope="session")
def earth(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The servers; this process works on their databases too."""
    world = World(tmp_path_factory.mktemp("chaos"))
    try:
        world.open()
        current_app.conf.update(broker_url=data_dir.broker_url(world.data))
        with django_db_blocker.unblock():
            yield world
    finally:
        world.close()


@pytest.fixture
def world(earth: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A new database and the first agents; after the test every rule of history must hold."""
    earth.use_new_database(f"chaos_{next(_numbers)}")
    _work_on(earth, monkeypatch)
    create_first_agents(actor=SYSTEM)
    clerk = Agent.objects.get(name="clerk")
    serving = AgentSettings("clerk", ["trigger", "crm", "decision", "flow", "people", "ai"], capacity=2)
    update_agent(actor=SYSTEM, agent_id=clerk.pk, to=serving)
    yield earth
    earth.stop_agents()
    report = check_history()
    _checked.append((report.runs, report.steps, report.violated))
    connection.close()
    assert not report.violated, "\n".join(map(str, report.violations[:20]))


def _work_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    connections["default"].close()
    where = connection.settings_dict
    monkeypatch.setitem(where, "NAME", world.name)
    monkeypatch.setitem(where, "HOST", str(world.postgres.data / "postgres"))
    monkeypatch.setitem(where, "CONN_MAX_AGE", 0)
    program._programs.clear()
    program._actors.clear()
    routing.forget()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Says what was done and what it came to, for the table."""

    def say(done: str, figures: str) -> None:
        request.node.user_properties += [("done", done), ("figures", figures)]

    return say


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "promise(words): a line of the table of promises")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    marker = item.get_closest_marker("promise")
    if marker and report.failed and not hasattr(item, "chaos_failure"):
        why = str(call.excinfo.value if call.excinfo else "failed").partition("assert ")[0]
        item.chaos_failure = why[:200]  # type: ignore[attr-defined]
    if marker and report.when == "teardown":
        failure = getattr(item, "chaos_failure", None)
        told = dict(item.user_properties)
        figures = [str(told.get("figures", "")), (failure or "").replace("\n", " ").replace("|", "/")]
        table.add(marker.args[0], str(told.get("done", "")), " ".join(filter(None, figures)), kept=failure is None)
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not table.rows:
        return
    runs, steps, broken = (sum(column) for column in zip(*_checked, strict=True)) if _checked else (0, 0, 0)
    table.add(
        "14 history checker after each", f"after {len(_checked)} scenarios",
        f"{runs:,} runs, {steps:,} steps looked at", kept=not broken,
    )  # fmt: skip
    terminalreporter.section("promises")
    terminalreporter.write_line(table.as_text())
    if os.environ.get("WRITE"):
        table.write()
