"""Other agents give us tasks over gRPC, with the same rights as over REST."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_tools import protoc

from agents.protocol import agent_pb2
from agents.remote.server import make_server
from crm.api import tokens
from tests.agents.fixtures import MemberAs
from tests.agents.remote.certificates import certificate
from tests.agents.remote.fixtures import Stub, TaskOf, signed
from tests.workflows.engine.conftest import work_off
from workflows.models import Run, Workflow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_cache")]
ROOT = Path(configured.BASE_DIR)


def status(task_id: str = "t-1") -> agent_pb2.StatusRequest:
    return agent_pb2.StatusRequest(task_id=task_id)


def refusal(call: Callable[[], Any]) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as refused:
        call()
    error: Any = refused.value
    return error.code(), dict(error.trailing_metadata()).get("error-code", "")


def test_a_task_is_carried_out_and_answers_its_output(
    grpc_stub: Stub, doubling: Workflow, member_as: MemberAs, task_of: TaskOf
) -> None:
    who = signed(member_as("builder"))
    accepted = grpc_stub.ExecuteTask(task_of(), metadata=who)
    assert (accepted.task_id, accepted.state, accepted.output_data) == ("t-1", "RUNNING", b"")
    work_off()
    answer = grpc_stub.GetStatus(status(), metadata=who)
    assert (answer.state, json.loads(answer.output_data), answer.error_code) == ("SUCCEEDED", {"double": 42}, "")
    assert grpc_stub.ExecuteTask(task_of(), metadata=who).output_data == answer.output_data
    assert Run.objects.count() == 1


def test_a_task_that_fails_says_why(grpc_stub: Stub, failing: Workflow, member_as: MemberAs, task_of: TaskOf) -> None:
    who = signed(member_as("manager"))
    grpc_stub.ExecuteTask(task_of(agent_type="failing"), metadata=who)
    work_off()
    answer = grpc_stub.GetStatus(status(), metadata=who)
    assert (answer.state, answer.error_code, answer.output_data) == ("FAILED", "address_refused", b"")


@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer nonsense"),), (("authorization", "Basic eDp4"),)])
def test_without_a_token_nobody_gets_in(grpc_stub: Stub, doubling: Workflow, task_of: TaskOf, metadata: Any) -> None:
    found = refusal(lambda: grpc_stub.ExecuteTask(task_of(), metadata=metadata))
    assert found == (grpc.StatusCode.UNAUTHENTICATED, "not_authenticated")
    assert not Run.objects.exists()


def test_a_token_that_was_revoked_is_none(
    grpc_stub: Stub, doubling: Workflow, member_as: MemberAs, task_of: TaskOf
) -> None:
    pair = tokens.start_session(member_as("manager"))
    tokens.end_session(pair.refresh)
    who = (("authorization", f"Bearer {pair.access}"),)
    assert refusal(lambda: grpc_stub.ExecuteTask(task_of(), metadata=who))[0] == grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize("role", ["viewer", "operator", "worker"])
def test_who_may_not_run_workflows_is_refused(
    role: str, grpc_stub: Stub, doubling: Workflow, member_as: MemberAs, task_of: TaskOf
) -> None:
    found = refusal(lambda: grpc_stub.ExecuteTask(task_of(), metadata=signed(member_as(role))))
    assert found == (grpc.StatusCode.PERMISSION_DENIED, "not_allowed")
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"data": b"{"}, (grpc.StatusCode.INVALID_ARGUMENT, "input_not_json")),
        ({"data": b"[1]"}, (grpc.StatusCode.INVALID_ARGUMENT, "input_not_object")),
        ({"data": b'{"a": 1e999}'}, (grpc.StatusCode.INVALID_ARGUMENT, "input_not_json")),
        ({"data": b"[" * 200_000}, (grpc.StatusCode.INVALID_ARGUMENT, "input_not_json")),
        ({"task_id": ""}, (grpc.StatusCode.INVALID_ARGUMENT, "bad_task_id")),
        ({"agent_type": "nothing"}, (grpc.StatusCode.NOT_FOUND, "no_agent_type")),
        ({"data": b'"' + b"x" * 5_000_000 + b'"'}, (grpc.StatusCode.RESOURCE_EXHAUSTED, "")),
    ],
)
def test_what_can_not_be_a_task_is_refused_and_nothing_starts(
    wrong: dict[str, Any], expected: Any, grpc_stub: Stub, doubling: Workflow, member_as: MemberAs, task_of: TaskOf
) -> None:
    who = signed(member_as("manager"))
    assert refusal(lambda: grpc_stub.ExecuteTask(task_of(**wrong), metadata=who)) == expected
    assert not Run.objects.exists()


def test_another_s_task_is_not_there(grpc_stub: Stub, doubling: Workflow, member_as: MemberAs, task_of: TaskOf) -> None:
    grpc_stub.ExecuteTask(task_of(), metadata=signed(member_as("manager")))
    found = refusal(lambda: grpc_stub.GetStatus(status(), metadata=signed(member_as("builder"))))
    assert found == (grpc.StatusCode.NOT_FOUND, "no_task")


def test_too_many_calls_are_put_off(
    grpc_stub: Stub, doubling: Workflow, member_as: MemberAs, task_of: TaskOf, settings: Any
) -> None:
    settings.REMOTE = {**settings.REMOTE, "TASKS_PER_MINUTE": 0}
    found = refusal(lambda: grpc_stub.ExecuteTask(task_of(), metadata=signed(member_as("manager"))))
    assert found == (grpc.StatusCode.RESOURCE_EXHAUSTED, "too_many_requests")


def test_no_token_stands_in_the_log(
    grpc_stub: Stub, failing: Workflow, member_as: MemberAs, task_of: TaskOf, caplog: Any
) -> None:
    who = signed(member_as("viewer"))
    with caplog.at_level(logging.DEBUG):
        refusal(lambda: grpc_stub.ExecuteTask(task_of(), metadata=who))
    assert who[0][1].split()[1] not in caplog.text


def test_in_production_it_wants_a_certificate_or_the_word_that_there_is_one(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(ImproperlyConfigured, match="GRPC_TLS_CERT"):
        make_server("127.0.0.1:0")
    settings.GRPC_ALLOW_PLAIN = True
    server, port = make_server("127.0.0.1:0")
    assert port
    server.stop(None)


def test_with_a_certificate_it_speaks_tls_and_nothing_else(settings: Any, tmp_path: Path) -> None:
    chain, key = certificate(tmp_path, "localhost")
    settings.PRODUCTION, settings.GRPC_TLS_CERT, settings.GRPC_TLS_KEY = True, str(chain), str(key)
    server, port = make_server("127.0.0.1:0")
    server.start()
    asked, trusted = health_pb2.HealthCheckRequest(), grpc.ssl_channel_credentials(chain.read_bytes())
    try:
        with grpc.secure_channel(f"localhost:{port}", trusted) as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=20)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, pytest.raises(grpc.RpcError):
            health_pb2_grpc.HealthStub(channel).Check(asked, timeout=20)
    finally:
        server.stop(None).wait()


def test_the_generated_code_is_that_of_the_protocol(tmp_path: Path) -> None:
    place = "agents/protocol/agent"
    out = [f"--{kind}_out={tmp_path}" for kind in ("python", "pyi", "grpc_python")]
    assert protoc.main(["protoc", f"-I{ROOT}", *out, str(ROOT / f"{place}.proto")]) == 0
    for end in ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py"):
        assert (ROOT / f"{place}{end}").read_text() == (tmp_path / f"{place}{end}").read_text(), (
            "Run: python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. --grpc_python_out=. " + f"{place}.proto"
        )


def test_the_command_serves_tells_its_health_and_stops_when_told(process_environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "serve_grpc", "--port", "0"]
    process = subprocess.Popen(command, env=process_environment, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        port = re.search(r":(\d+)$", process.stdout.readline().strip())
        assert port is not None
        with grpc.insecure_channel(f"127.0.0.1:{port[1]}") as channel:
            asked = health_pb2.HealthCheckRequest(service="rapport.agent.v1.AgentService")
            answer = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=20)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
