"""The workers of docs/examples, run as programs of their own against the product's web server and an agent."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from django.conf import settings as configured

from agents.services.demo import create_first_agents
from crm.actors import SYSTEM
from crm.models import Member, Role
from tests.agents.remote.fixtures import install
from tests.conftest import StartAgent, kill_tree
from tests.e2e.product import free_port
from tests.workflows.engine.conftest import output
from workflows.models import Run, Step, StepAttempt
from workflows.services.runs import start_run

EXAMPLES = Path(configured.BASE_DIR) / "docs" / "examples"
PASSWORD = "a-long-enough-word"
StartWorker = Callable[..., "subprocess.Popen[bytes]"]
SHORT = {"DJANGO_SETTINGS_MODULE": "tests.agents.remote.settings"}
SQUARES: dict[str, Any] = {
    "each": ("map", {"items": {"$expr": "input.all"}}),
    "far": {"type": "remote_task", "parent": "each", "config": {"queue": "squares", "input": {"$expr": "item"}}},
}


def eventually(holds: Callable[[], bool], seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.2)


@pytest.fixture
def site(process_environment: dict[str, str], start_agent: StartAgent) -> Iterator[str]:
    """The address of the product's own web server, with an agent that looks after the steps."""
    create_first_agents(actor=SYSTEM)
    port = free_port()
    environment = {**process_environment, **SHORT, "PORT": str(port), "WEB_WORKERS": "1"}
    command = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.asgi:application"]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    start_agent("clerk", **SHORT)
    address = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: answers(f"{address}/healthz"))
        yield address
    finally:
        kill_tree(process.pid)
        process.wait()


def answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=2) as found:
            return bool(found.status == 200)
    except OSError:
        return False


@pytest.fixture
def start_worker(site: str) -> Iterator[StartWorker]:
    """Starts the example of the language, logged in as a remote worker of that name."""
    node = shutil.which("node")
    assert node, "Install Node 18 or newer: docs/examples/worker.mjs is run by this test."
    commands = {"python": [sys.executable, EXAMPLES / "worker.py"], "node": [node, EXAMPLES / "worker.mjs"]}
    for name in commands:
        Member.objects.create_user(name, password=PASSWORD, role=Role.WORKER)
    started: list[subprocess.Popen[bytes]] = []

    def start(language: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "RAPPORT_URL": site, "RAPPORT_USER": language, "RAPPORT_PASSWORD": PASSWORD}
        started.append(subprocess.Popen([*map(str, commands[language]), "squares"], env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def begin(*items: dict[str, Any]) -> Run:
    return start_run(actor=SYSTEM, workflow=install(SYSTEM, "Squares", SQUARES), input={"all": list(items)})


def has_ended(run: Run) -> bool:
    run.refresh_from_db()
    return run.state != "RUNNING"


def test_workers_of_two_languages_share_the_items_and_tell_what_failed(start_worker: StartWorker) -> None:
    run = begin(*({"n": n, "seconds": 1} for n in range(1, 7)), {"n": "seven"})
    start_worker("python")
    start_worker("node")
    eventually(lambda: has_ended(run))
    each = output(run, "each")
    assert [one["square"] for one in each["results"] if one] == [1, 4, 9, 16, 25, 36]
    assert (each["succeeded"], each["failed"], each["errors"][0]["code"]) == (6, 1, "work_failed")
    attempts = list(StepAttempt.objects.filter(run_id=run.pk, node="far").values_list("attempt", "agent"))
    assert len(attempts) == 7
    assert set(attempts) == {(1, "remote: python"), (1, "remote: node")}


def test_killed_workers_steps_go_to_the_next_which_keep_them_by_renewing(start_worker: StartWorker) -> None:
    run = begin({"n": 12, "seconds": 6}, {"n": 13, "seconds": 6})
    first = [start_worker("python"), start_worker("node")]
    held = Step.objects.filter(run_id=run.pk, node="far", state="RUNNING")
    eventually(lambda: held.count() == 2)
    for process in first:
        process.kill()
    start_worker("python")
    start_worker("node")
    eventually(lambda: has_ended(run))
    assert [one["square"] for one in output(run, "each")["results"]] == [144, 169]
    attempts = StepAttempt.objects.filter(run_id=run.pk, node="far").order_by("attempt")
    assert list(attempts.values_list("attempt", "outcome")) == [(1, "LOST")] * 2 + [(2, "SUCCEEDED")] * 2
