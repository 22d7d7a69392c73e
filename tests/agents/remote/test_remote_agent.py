"""The step that asks a remote agent, over gRPC and over REST, while that agent comes and goes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured

from agents.http import Refused
from agents.remote import channel
from agents.services.connections import save_connection
from crm.actors import Actor
from tests.agents.canary import Canary, send
from tests.agents.remote.certificates import certificate
from tests.agents.remote.elsewhere import TOKEN
from tests.agents.running import Ended, RunStep, finish
from tests.workflows.engine.conftest import sweep_now
from workflows.models import Run, Step, StepAttempt

ROOT = Path(configured.BASE_DIR)
CONFIG = {"connection": "far", "agent_type": "squaring"}


class Agent:
    """A process of the other agent, which may be killed and started again at the same address."""

    def __init__(self, folder: Path, *pair: Path) -> None:
        self.folder, self.pair, self.port = folder, pair, 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.agents.remote.elsewhere", str(self.folder), str(self.port)]
        command += map(str, self.pair)
        quiet = {**os.environ, "GRPC_VERBOSITY": "NONE"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=quiet)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end_tasks(self) -> None:
        (self.folder / "done").touch()

    @property
    def executions(self) -> list[str]:
        file = self.folder / "executions"
        return file.read_text().split() if file.exists() else []

    @property
    def was_asked(self) -> bool:
        return (self.folder / "asked").exists()


@pytest.fixture
def elsewhere(tmp_path: Path, settings: Any, admin: Actor) -> Iterator[Agent]:
    agent = Agent(tmp_path)
    settings.OUTGOING_ALLOWED = [f"127.0.0.1:{agent.port}"]
    address = f"grpc://127.0.0.1:{agent.port}"
    save_connection(
        actor=admin, name="far", kind="agent_grpc", base_url=address, hosts=["127.0.0.1"], secret=TOKEN
    )  # fmt: skip
    yield agent
    agent.kill()


def ask_again(run: Run) -> Ended:
    sweep_now()
    return finish(run)


def test_a_task_is_given_waited_for_and_its_output_goes_on(elsewhere: Agent, run_step: RunStep) -> None:
    ended = run_step("remote_agent", CONFIG, {"n": 7})
    assert ended.state == "WAITING"
    elsewhere.end_tasks()
    ended = ask_again(ended.run)
    assert ended.output == {"task_id": elsewhere.executions[0], "output": {"squared": 49}}
    assert len(elsewhere.executions) == 1


def test_an_agent_that_is_killed_and_comes_back_executes_the_task_once(elsewhere: Agent, run_step: RunStep) -> None:
    ended = run_step("remote_agent", CONFIG, {"n": 3})
    elsewhere.kill()
    for _ in range(5):
        ended = ask_again(ended.run)
    assert ended.state == "WAITING"
    elsewhere.start()
    elsewhere.end_tasks()
    ended = ask_again(ended.run)
    assert (ended.state, ended.output["output"]) == ("SUCCEEDED", {"squared": 9})
    assert len(elsewhere.executions) == 1


def test_an_agent_that_is_away_at_first_is_asked_again(elsewhere: Agent, run_step: RunStep) -> None:
    elsewhere.kill()
    ended = run_step("remote_agent", CONFIG, {"n": 3})
    assert ended.state == "WAITING"
    assert (StepAttempt.objects.get(run_id=ended.run.pk, node="step").error or {})["code"] == "unreachable"
    elsewhere.start()
    elsewhere.end_tasks()
    assert ask_again(ended.run).state == "SUCCEEDED"


def test_an_agent_that_lost_the_task_gets_it_again_under_the_same_id(elsewhere: Agent, run_step: RunStep) -> None:
    ended = run_step("remote_agent", CONFIG, {"n": 3})
    (task,) = elsewhere.folder.glob("task-*")
    task.unlink()
    elsewhere.end_tasks()
    assert ask_again(ended.run).state == "SUCCEEDED"
    assert len(set(elsewhere.executions)) == 1


def test_a_step_whose_worker_died_asks_for_the_task_it_gave(elsewhere: Agent, run_step: RunStep) -> None:
    ended = run_step("remote_agent", CONFIG, {"n": 3})
    Step.objects.filter(run_id=ended.run.pk, node="step").update(state="RUNNING", attempt=2)
    elsewhere.end_tasks()
    assert ask_again(ended.run).state == "SUCCEEDED"
    assert len(elsewhere.executions) == 1


def test_the_agent_s_failure_is_the_step_s(elsewhere: Agent, run_step: RunStep) -> None:
    elsewhere.end_tasks()
    ended = run_step("remote_agent", {**CONFIG, "agent_type": "failing"}, {"n": 3})
    assert (ended.error["code"], ended.error["message"]) == ("too_hot", "It burnt.")


def test_an_agent_type_that_is_not_there_fails_at_once(elsewhere: Agent, run_step: RunStep) -> None:
    ended = run_step("remote_agent", {**CONFIG, "agent_type": "nothing"}, {"n": 3})
    assert (ended.error["code"], ended.error["details"]) == ("agent_refused", {"status": "NOT_FOUND"})


def test_a_wrong_token_fails_and_is_not_shown(elsewhere: Agent, admin: Actor, run_step: RunStep) -> None:
    address = f"grpc://127.0.0.1:{elsewhere.port}"
    save_connection(
        actor=admin, name="far", kind="agent_grpc", base_url=address, hosts=["127.0.0.1"], secret="wrong-token-999"
    )  # fmt: skip
    error = run_step("remote_agent", CONFIG, {"n": 3}).error
    assert error["details"] == {"status": "UNAUTHENTICATED"}
    assert "wrong-token-999" not in json.dumps(error)
    assert elsewhere.executions == []


def test_a_token_goes_to_its_own_hosts_only(elsewhere: Agent, admin: Actor, run_step: RunStep) -> None:
    address = f"grpc://127.0.0.1:{elsewhere.port}"
    save_connection(
        actor=admin, name="far", kind="agent_grpc", base_url=address, hosts=["agents.example.com"], secret=TOKEN
    )  # fmt: skip
    assert run_step("remote_agent", CONFIG, {"n": 3}).error["details"] == {"status": "UNAUTHENTICATED"}


def test_a_task_that_does_not_end_in_time_fails_the_step(elsewhere: Agent, run_step: RunStep) -> None:
    ended = run_step("remote_agent", {**CONFIG, "timeout": 0.001}, {"n": 3})
    if ended.state == "WAITING":
        ended = ask_again(ended.run)
    assert ended.error["code"] == "agent_timeout"


def test_an_agent_inside_is_refused_and_hears_nothing(elsewhere: Agent, settings: Any, run_step: RunStep) -> None:
    settings.OUTGOING_ALLOWED = []
    assert run_step("remote_agent", CONFIG, {"n": 3}).error["code"] == "address_refused"
    assert not elsewhere.was_asked


def inside(host: str, port: int) -> list[str]:
    return ["93.184.216.34", "10.0.0.7"]


def outside(host: str, port: int) -> list[str]:
    return ["93.184.216.34", "2606:2800:220:1::1"]


@pytest.mark.parametrize(
    ("address", "resolver"),
    [
        ("grpcs://agents.example.com:443", inside),
        ("grpcs://agents.example.com:6379", outside),
        ("grpc://agents.example.com:443", outside),
        ("https://agents.example.com", outside),
        ("grpcs://me:pass@agents.example.com", outside),
        ("grpcs://", outside),
        ("unix:/var/run/docker.sock", outside),
        ("grpcs://agents.example.com:99999", outside),
    ],
)
def test_what_may_not_be_reached_is_refused(address: str, resolver: Any, settings: Any) -> None:
    settings.OUTGOING_ALLOWED = []
    with pytest.raises(Refused):
        channel.check(address, resolver=resolver)


def test_the_call_goes_to_the_addresses_that_were_checked(settings: Any) -> None:
    settings.OUTGOING_ALLOWED = []
    place = channel.check("grpcs://Agents.example.com", resolver=outside)
    assert (place.target, place.host, place.is_secure) == ("ipv4:93.184.216.34:443", "agents.example.com", True)
    six = channel.check("grpcs://agents.example.com:8443", resolver=lambda host, port: ["2606:2800:220:1::1"])
    assert six.target == "ipv6:[2606:2800:220:1::1]:8443"


def test_where_a_proxy_is_the_only_way_out_grpc_does_not_go_past_it(settings: Any) -> None:
    settings.OUTGOING_PROXY = "http://proxy:3128"
    with pytest.raises(Refused, match="proxy"):
        channel.check("grpcs://agents.example.com", resolver=outside)


@pytest.mark.parametrize(("name", "state"), [("agent.test", "SUCCEEDED"), ("other.test", "WAITING")])
def test_with_tls_the_certificate_must_be_that_of_the_name(
    name: str, state: str, tmp_path: Path, settings: Any, admin: Actor, run_step: RunStep, monkeypatch: Any
) -> None:
    pair = certificate(tmp_path, name)
    agent = Agent(tmp_path, *pair)
    agent.end_tasks()
    try:
        settings.OUTGOING_ALLOWED = [f"agent.test:{agent.port}"]
        # No DNS knows the name, and no authority the certificate.
        monkeypatch.setattr(channel.ask, "__kwdefaults__", {"resolver": lambda host, port: ["127.0.0.1"]})
        monkeypatch.setattr(channel, "_roots", pair[0].read_bytes)
        place: dict[str, Any] = {"base_url": f"grpcs://agent.test:{agent.port}", "hosts": ["agent.test"]}
        save_connection(actor=admin, name="far", kind="agent_grpc", secret=TOKEN, **place)
        assert run_step("remote_agent", CONFIG, {"n": 2}).state == state
        assert agent.was_asked == (state == "SUCCEEDED")
    finally:
        agent.kill()


@pytest.fixture
def over_rest(allowed: Canary, admin: Actor) -> Canary:
    there: dict[str, Any] = {"base_url": allowed.url("/api/v1/"), "hosts": ["127.0.0.1"]}
    save_connection(actor=admin, name="far", kind="agent_rest", secret=TOKEN, **there)
    return allowed


def answering(canary: Canary, *answers: tuple[int, dict[str, Any]]) -> None:
    left = list(answers)

    def reply(handler: BaseHTTPRequestHandler) -> None:
        status, body = left.pop(0)
        send(handler, status, json.dumps(body).encode())

    canary.reply = reply


def test_over_rest_it_is_the_same(over_rest: Canary, run_step: RunStep) -> None:
    answering(over_rest, (202, {"state": "RUNNING"}), (200, {"state": "SUCCEEDED", "output": [1]}))
    ended = run_step("remote_agent", CONFIG, {"n": 3})
    assert ended.state == "WAITING"
    ended = ask_again(ended.run)
    given, asked = over_rest.heard
    body = json.loads(given.body)
    assert (given.method, given.path, given.headers["authorization"]) == (
        "POST", "/api/v1/agent/tasks", f"Bearer {TOKEN}"
    )  # fmt: skip
    assert (body["agent_type"], body["input"], body["task_id"]) == (
        "squaring",
        {"n": 3},
        given.headers["idempotency-key"],
    )
    assert (asked.method, asked.path) == ("GET", f"/api/v1/agent/tasks/{body['task_id']}")
    assert ended.output == {"task_id": body["task_id"], "output": [1]}


def test_over_rest_a_task_that_is_not_known_is_given_again(over_rest: Canary, run_step: RunStep) -> None:
    done = {"state": "SUCCEEDED", "output": 1}
    answering(over_rest, (503, {}), (404, {"code": "no_task"}), (202, done))
    ended = ask_again(run_step("remote_agent", CONFIG, {"n": 3}).run)
    assert ended.state == "SUCCEEDED"
    assert [one.method for one in over_rest.heard] == ["POST", "GET", "POST"]


@pytest.mark.parametrize("answer", [{}, {"state": 7}, [], {"state": ""}])
def test_an_answer_that_makes_no_sense_fails_the_step(answer: Any, over_rest: Canary, run_step: RunStep) -> None:
    answering(over_rest, (200, answer))
    assert run_step("remote_agent", CONFIG, {"n": 3}).error["code"] == "bad_answer"


def test_a_connection_to_something_else_is_refused(allowed: Canary, admin: Actor, run_step: RunStep) -> None:
    save_connection(actor=admin, name="far", kind="http", base_url=allowed.url("/"))
    assert run_step("remote_agent", CONFIG, {"n": 3}).error["code"] == "wrong_connection"
    assert allowed.connections == 0
