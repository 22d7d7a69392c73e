"""What the tests here ask for."""

from tests.agents.fixtures import actor_as, api_as, member_as
from tests.agents.remote.fixtures import doubling, failing, grpc_stub, task_of

__all__ = ["actor_as", "api_as", "doubling", "failing", "grpc_stub", "member_as", "task_of"]
