import grpc

from agents.protocol.agent_pb2 import StatusRequest, StatusResponse, TaskRequest, TaskResponse

class AgentServiceStub:
    ExecuteTask: grpc.UnaryUnaryMultiCallable[TaskRequest, TaskResponse]
    GetStatus: grpc.UnaryUnaryMultiCallable[StatusRequest, StatusResponse]
    def __init__(self, channel: grpc.Channel) -> None: ...

class AgentServiceServicer:
    def ExecuteTask(self, request: TaskRequest, context: grpc.ServicerContext) -> TaskResponse: ...
    def GetStatus(self, request: StatusRequest, context: grpc.ServicerContext) -> StatusResponse: ...

def add_AgentServiceServicer_to_server(servicer: AgentServiceServicer, server: grpc.Server) -> None: ...
