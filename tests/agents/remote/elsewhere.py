"""A second implementation of the protocol, on its own: an agent elsewhere that knows nothing of Rapport.

`python elsewhere.py FOLDER PORT [CERT KEY]` serves gRPC. A task is begun once for each id, in a file of the folder, and
ends when the folder has a file `done`. What was begun outlives the process.
"""

from __future__ import annotations

import json
import sys
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc

from agents.protocol import agent_pb2, agent_pb2_grpc

TOKEN = "elsewhere-token-12345"


class Elsewhere(agent_pb2_grpc.AgentServiceServicer):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ExecuteTask(self, request: agent_pb2.TaskRequest, call: grpc.ServicerContext) -> agent_pb2.TaskResponse:
        self._admit(call)
        if request.agent_type == "nothing":
            call.abort(grpc.StatusCode.NOT_FOUND, "There is no such agent type.")
        try:
            with (self.folder / f"task-{request.task_id}").open("x") as file:
                json.dump({"type": request.agent_type, "input": json.loads(request.input_data)}, file)
            with (self.folder / "executions").open("a") as file:
                file.write(f"{request.task_id}\n")
        except FileExistsError:
            pass
        return agent_pb2.TaskResponse(**self._report(request.task_id))

    def GetStatus(self, request: agent_pb2.StatusRequest, call: grpc.ServicerContext) -> agent_pb2.StatusResponse:
        self._admit(call)
        if not (self.folder / f"task-{request.task_id}").exists():
            call.abort(grpc.StatusCode.NOT_FOUND, "There is no such task.")
        return agent_pb2.StatusResponse(**self._report(request.task_id))

    def _admit(self, call: grpc.ServicerContext) -> None:
        with (self.folder / "asked").open("a") as file:
            file.write(".")
        if ("authorization", f"Bearer {TOKEN}") not in [tuple(pair) for pair in call.invocation_metadata()]:
            call.abort(grpc.StatusCode.UNAUTHENTICATED, "Who are you?")

    def _report(self, task_id: str) -> dict[str, Any]:
        task = json.loads((self.folder / f"task-{task_id}").read_text())
        if not (self.folder / "done").exists():
            return {"task_id": task_id, "state": "RUNNING"}
        if task["type"] == "failing":
            return {"task_id": task_id, "state": "FAILED", "error_code": "too_hot", "error_message": "It burnt."}
        output = {"squared": task["input"]["n"] ** 2}
        return {"task_id": task_id, "state": "SUCCEEDED", "output_data": json.dumps(output).encode()}


def serve(folder: Path, port: int, pair: list[str]) -> None:
    server = grpc.server(futures.ThreadPoolExecutor(4))
    agent_pb2_grpc.add_AgentServiceServicer_to_server(Elsewhere(folder), server)
    if pair:
        chain, key = (Path(file).read_bytes() for file in pair)
        bound = server.add_secure_port(f"127.0.0.1:{port}", grpc.ssl_server_credentials([(key, chain)]))
    else:
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    print(bound, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
