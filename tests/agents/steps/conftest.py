"""Steps run by the engine, on customers of their own."""

from tests.agents.fixtures import gym_model, make_customer, make_model
from tests.agents.running import admin, allowed, canary, customers, manager, run_step

__all__ = [
    "admin",
    "allowed",
    "canary",
    "customers",
    "gym_model",
    "make_customer",
    "make_model",
    "manager",
    "run_step",
]
