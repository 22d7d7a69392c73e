"""Workflows to run for others, and our gRPC server to ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest

from agents.protocol import agent_pb2, agent_pb2_grpc
from agents.remote.server import make_server
from crm.actors import Actor
from crm.api.tokens import start_session
from crm.models import Member
from tests.agents.fixtures import ActorAs
from tests.workflows.engine.conftest import document_of
from workflows.models import Workflow
from workflows.services.versions import publish
from workflows.services.workflows import import_document

Stub = agent_pb2_grpc.AgentServiceStub
TaskOf = Callable[..., agent_pb2.TaskRequest]


def install(actor: Actor, name: str, nodes: dict[str, Any], *edges: str) -> Workflow:
    workflow = import_document(actor=actor, document={**document_of(nodes, *edges), "name": name})
    publish(actor=actor, workflow=workflow)
    workflow.refresh_from_db()
    return workflow


@pytest.fixture
def doubling(actor_as: ActorAs) -> Workflow:
    """An agent type that doubles n."""
    values = {"values": {"double": {"$expr": "input.n * 2"}}}
    return install(actor_as("admin"), "Doubling", {"double": ("set_values", values)})


@pytest.fixture
def failing(actor_as: ActorAs) -> Workflow:
    """An agent type that can't succeed."""
    return install(actor_as("admin"), "Failing", {"call": ("http_request", {"url": "http://10.0.0.1/"})})


@pytest.fixture
def grpc_stub(transactional_db: None) -> Iterator[Stub]:
    """Our server, in threads of this process with database connections of their own."""
    server, port = make_server("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Stub(channel)
    server.stop(None).wait()


@pytest.fixture
def task_of() -> TaskOf:
    def task(task_id: str = "t-1", agent_type: str = "doubling", data: bytes = b'{"n": 21}', **metadata: str) -> Any:
        return agent_pb2.TaskRequest(task_id=task_id, agent_type=agent_type, input_data=data, metadata=metadata)

    return task


def signed(member: Member) -> tuple[tuple[str, str], ...]:
    """Metadata with an access token of the member."""
    return (("authorization", f"Bearer {start_session(member).access}"),)
