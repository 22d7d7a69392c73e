"""Tasks for agents elsewhere, over REST or gRPC: given under an id of ours, asked after by it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from agents.calls import address_of, call
from agents.http import Refused, Unreachable
from agents.models import Connection
from agents.models.connections import ConnectionKind
from agents.services.connections import credential_of
from workflows.steps import StepContext, StepError

JSON = Any
ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


@dataclass(frozen=True)
class Report:
    """How a task stands, in the words of the agent that has it."""

    state: str
    output: JSON = None
    error_code: str = ""
    error_message: str = ""

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED


class RemoteAgent(Protocol):
    def execute(self, task_id: str, agent_type: str, given: JSON) -> Report:
        """Gives the task; given again, it is the same task."""

    def status(self, task_id: str) -> Report | None:
        """None if the agent knows no such task."""


def agent_of(context: StepContext, connection: Connection, timeout: float) -> RemoteAgent:
    if connection.kind == ConnectionKind.AGENT_GRPC:
        return GrpcAgent(context, connection, timeout)
    if connection.kind == ConnectionKind.AGENT_REST:
        return RestAgent(context, connection, timeout)
    raise StepError(f"The connection {connection.name!r} does not lead to an agent.", code="wrong_connection")


@dataclass(frozen=True)
class RestAgent:
    context: StepContext
    connection: Connection
    timeout: float

    def execute(self, task_id: str, agent_type: str, given: JSON) -> Report:
        body = {"task_id": task_id, "agent_type": agent_type, "input": given, "metadata": _metadata(self.context)}
        return self._report("POST", "agent/tasks", body)

    def status(self, task_id: str) -> Report | None:
        try:
            return self._report("GET", f"agent/tasks/{quote(task_id, safe='')}", None)
        except StepError as error:
            if error.code == "http_error" and (error.details or {}).get("status") == 404:
                return None
            raise

    def _report(self, method: str, path: str, body: JSON) -> Report:
        answer = call(self.context, method, path, body=body, connection=self.connection, timeout=self.timeout)["body"]
        told = answer if isinstance(answer, dict) else {}
        error: Any = told.get("error")
        error = error if isinstance(error, dict) else {}
        return _report(told.get("state"), told.get("output"), error.get("code"), error.get("message"))


@dataclass(frozen=True)
class GrpcAgent:
    context: StepContext
    connection: Connection
    timeout: float

    def execute(self, task_id: str, agent_type: str, given: JSON) -> Report:
        from agents.protocol.agent_pb2 import TaskRequest

        data = json.dumps(given).encode()
        request = TaskRequest(
            task_id=task_id, agent_type=agent_type, input_data=data, metadata=_metadata(self.context)
        )  # fmt: skip
        return self._ask("ExecuteTask", request)

    def status(self, task_id: str) -> Report | None:
        from agents.protocol.agent_pb2 import StatusRequest

        try:
            return self._ask("GetStatus", StatusRequest(task_id=task_id))
        except StepError as error:
            if error.code == "agent_refused" and (error.details or {}).get("status") == "NOT_FOUND":
                return None
            raise

    def _ask(self, method: str, request: Any) -> Report:
        # Loaded here, so that processes that never speak gRPC do without its memory.
        from agents.remote import channel

        try:
            answer: Any = channel.ask(
                address_of(self.connection), lambda stub: getattr(stub, method), request,
                credential=credential_of(self.connection), timeout=self.timeout,
            )  # fmt: skip
        except Refused as refused:
            raise StepError(str(refused), code="address_refused") from None
        except Unreachable as unreachable:
            raise StepError(str(unreachable), code="unreachable", retry=True, uncertain=True) from None
        except channel.Answered as answered:
            details = {"status": answered.status.name}
            raise StepError(str(answered), code="agent_refused", details=details) from None
        return _report(answer.state, _read(answer.output_data), answer.error_code, answer.error_message)


def _metadata(context: StepContext) -> dict[str, str]:
    return {"run": str(context.run.id), "step": context.node}


def _read(data: bytes) -> JSON:
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError):
        raise StepError("The agent's output is not JSON.", code="bad_answer") from None


def _report(state: object, output: JSON, code: object, message: object) -> Report:
    if not isinstance(state, str) or not state:
        raise StepError("The agent's answer has no state.", code="bad_answer")
    return Report(state.upper(), output, str(code or "")[:60], str(message or "")[:500])
