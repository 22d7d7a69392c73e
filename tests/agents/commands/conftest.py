"""A churn model to list and promote."""

from tests.agents.fixtures import gym_model, make_model

__all__ = ["gym_model", "make_model"]
