"""The gRPC side of the protocol between agents: the same tasks as over REST, with the same tokens and rights."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent import futures
from typing import Any, NoReturn, TypeVar

import grpc
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from agents.protocol import agent_pb2, agent_pb2_grpc
from agents.remote.pace import seconds_to_wait
from agents.services.remote_tasks import Task, execute_task, task_status
from crm import context
from crm.actors import Actor, actor_of
from crm.api.tokens import TokenRefused, member_of
from crm.errors import InvalidInput, RapportError

logger = logging.getLogger(__name__)
T = TypeVar("T")
THREADS = 8
# Beside those in hand; more are refused at once, so that a flood can't pile up.
WAITING = 100
SERVICE = agent_pb2.DESCRIPTOR.services_by_name["AgentService"].full_name
_CODES = {
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    409: grpc.StatusCode.FAILED_PRECONDITION,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}


class NotAuthenticated(RapportError):
    status = 401
    code = "not_authenticated"


class TooManyCalls(RapportError):
    status = 429
    code = "too_many_requests"


class AgentService(agent_pb2_grpc.AgentServiceServicer):
    def ExecuteTask(self, request: agent_pb2.TaskRequest, call: grpc.ServicerContext) -> agent_pb2.TaskResponse:
        def execute(actor: Actor) -> Task:
            return execute_task(
                actor=actor, task_id=request.task_id, agent_type=request.agent_type,
                input=_read(request.input_data), metadata=dict(request.metadata),
            )  # fmt: skip

        return agent_pb2.TaskResponse(**_fields(_answer(call, execute)))

    def GetStatus(self, request: agent_pb2.StatusRequest, call: grpc.ServicerContext) -> agent_pb2.StatusResponse:
        task = _answer(call, lambda actor: task_status(actor=actor, task_id=request.task_id))
        return agent_pb2.StatusResponse(**_fields(task))


def _answer(call: grpc.ServicerContext, act: Callable[[Actor], T]) -> T:
    """Acts for the member whose token came along; what goes wrong becomes a status with a code and a sentence."""
    try:
        actor = _actor(call)
        if wait := seconds_to_wait(actor, "TASKS_PER_MINUTE"):
            raise TooManyCalls(f"Too many calls. Try again in {wait} seconds.")
        return act(actor)
    except RapportError as error:
        _refuse(call, _CODES.get(error.status, grpc.StatusCode.INTERNAL), error.code, error.detail)
    except TokenRefused as refused:
        _refuse(call, grpc.StatusCode.UNAUTHENTICATED, "not_authenticated", str(refused.detail))
    except Exception:
        logger.exception("A gRPC call failed unexpectedly")
        _refuse(call, grpc.StatusCode.INTERNAL, "unexpected", "Something went wrong on our side. It is in the log.")
    finally:
        # The threads outlive their calls; a connection that was cut must not be met again.
        connections.close_all()
        context.actor.set("")


def _refuse(call: grpc.ServicerContext, status: grpc.StatusCode, code: str, detail: str) -> NoReturn:
    call.set_trailing_metadata((("error-code", code),))
    call.abort(status, detail)
    raise AssertionError("abort raises")


def _actor(call: grpc.ServicerContext) -> Actor:
    words = next((str(value) for name, value in call.invocation_metadata() if name == "authorization"), "").split()
    if len(words) != 2 or words[0].lower() != "bearer":
        raise NotAuthenticated("Send the metadata `authorization: Bearer <access token>`.")
    member, _ = member_of(words[1])
    context.actor.set(member.username)
    return actor_of(member)


def _read(data: bytes) -> Any:
    if not data:
        return {}
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise InvalidInput("input_data is not JSON.", code="input_not_json") from None


def _fields(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "state": task.state,
        "output_data": json.dumps(task.output).encode() if task.has_output else b"",
        "error_code": task.error_code,
        "error_message": task.error_message,
    }


def make_server(address: str) -> tuple[grpc.Server, int]:
    """A server that is not started yet, and the port that it got."""
    most = settings.REMOTE["MAX_BYTES"]
    server = grpc.server(
        futures.ThreadPoolExecutor(THREADS, thread_name_prefix="grpc"),
        options=[
            ("grpc.max_receive_message_length", most),
            ("grpc.max_metadata_size", 16_384),
            ("grpc.so_reuseport", 0),
            ("grpc.keepalive_permit_without_calls", 0),
            ("grpc.max_connection_idle_ms", 300_000),
            # A call whose message never comes holds a thread: so few a connection, and none for ever.
            ("grpc.max_concurrent_streams", THREADS // 2),
            ("grpc.max_connection_age_ms", 60_000),
            ("grpc.max_connection_age_grace_ms", 20_000),
        ],
        maximum_concurrent_rpcs=THREADS + WAITING,
    )
    agent_pb2_grpc.add_AgentServiceServicer_to_server(AgentService(), server)
    checks = health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    for name in ("", SERVICE):
        checks.set(name, health_pb2.HealthCheckResponse.SERVING)
    credentials = _credentials()
    port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    return server, port


def _credentials() -> grpc.ServerCredentials | None:
    if settings.GRPC_TLS_CERT and settings.GRPC_TLS_KEY:
        with open(settings.GRPC_TLS_KEY, "rb") as key, open(settings.GRPC_TLS_CERT, "rb") as chain:
            return grpc.ssl_server_credentials([(key.read(), chain.read())])
    if settings.PRODUCTION and not settings.GRPC_ALLOW_PLAIN:
        raise ImproperlyConfigured(
            "Tokens must not cross a network in the clear. Set GRPC_TLS_CERT and GRPC_TLS_KEY, or, where a proxy "
            "before this server speaks TLS, GRPC_ALLOW_PLAIN=true."
        )
    return None
