"""What the tests here ask for."""

from tests.agents.fixtures import actor_as, api_as, logged_in, member_as
from tests.agents.remote.fixtures import doubling, failing, grpc_stub, task_of
from tests.agents.running import admin, allowed, canary, manager, run_step

__all__ = [
    "actor_as",
    "admin",
    "allowed",
    "api_as",
    "canary",
    "doubling",
    "failing",
    "grpc_stub",
    "logged_in",
    "manager",
    "member_as",
    "run_step",
    "task_of",
]
