"""What the tests here ask for."""

from tests.agents.fixtures import (
    actor_as,
    api_as,
    gym_model,
    logged_in,
    make_customer,
    make_model,
    member_as,
)

__all__ = ["actor_as", "api_as", "gym_model", "logged_in", "make_customer", "make_model", "member_as"]
