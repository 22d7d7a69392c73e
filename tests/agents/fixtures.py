"""Members by role, ways to ask as them, and a churn model that was really trained; for the conftests below here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from agents.churn.train import TrainedModel, train
from agents.models import ChurnModel, ModelState
from crm.actors import Actor, actor_of
from crm.models import Customer, Member, Role, Team
from tests.agents.churn.tables import gym

MemberAs = Callable[[str], Member]
ActorAs = Callable[[str], Actor]
As = Callable[[str], Client]
ApiAs = Callable[[str], APIClient]
MakeModel = Callable[..., ChurnModel]
MakeCustomer = Callable[..., Customer]
LABEL, POSITIVE = "left", True
__all__ = [
    "ActorAs",
    "ApiAs",
    "As",
    "MakeCustomer",
    "MakeModel",
    "MemberAs",
    "actor_as",
    "api_as",
    "gym_model",
    "logged_in",
    "make_customer",
    "make_model",
    "member_as",
]


@pytest.fixture
def member_as(db: None) -> MemberAs:
    def member(role: str) -> Member:
        found = Member.objects.filter(username=role).first()
        return found or Member.objects.create_user(
            role,
            password="x",
            role=role,
            is_staff=role in (Role.ADMIN, Role.MANAGER),
            is_superuser=role == Role.ADMIN,
        )

    return member


@pytest.fixture
def actor_as(member_as: MemberAs) -> ActorAs:
    return lambda role: actor_of(member_as(role))


@pytest.fixture
def logged_in(member_as: MemberAs) -> As:
    def client(role: str) -> Client:
        made = Client()
        made.force_login(member_as(role), backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client


@pytest.fixture
def api_as(member_as: MemberAs) -> ApiAs:
    def client(role: str) -> APIClient:
        made = APIClient()
        made.force_authenticate(member_as(role))
        return made

    return client


@pytest.fixture(scope="session")
def gym_model() -> TrainedModel:
    return train(gym(), LABEL, POSITIVE)


@pytest.fixture
def make_model(db: None, gym_model: TrainedModel) -> MakeModel:
    """Stores the gym's model under a number."""

    def make(number: int = 1, state: str = ModelState.CHAMPION, **changes: Any) -> ChurnModel:
        given = {
            "label": f"custom.{LABEL}",
            "positive": str(POSITIVE),
            "data_hash": gym_model.card["data_hash"],
            "code_version": gym_model.card["code_version"],
            "artefact": gym_model.artefact,
            "sha256": gym_model.sha256,
            "card": gym_model.card,
            "trained_by": "Meg",
        }
        return ChurnModel.objects.create(number=number, state=state, **{**given, **changes})

    return make


@pytest.fixture
def make_customer(db: None) -> MakeCustomer:
    """A member of the gym; of a team where one is named."""

    def make(number: int = 0, team: str = "", **changes: Any) -> Customer:
        custom = {key: value for key, value in gym(number + 1)[number].items() if key != LABEL}
        given = {"name": f"Customer {number}", "email": f"c{number}@example.com", "custom": custom}
        customer = Customer.objects.create(**{**given, **changes})
        if team:
            customer.teams.add(Team.objects.get_or_create(name=team)[0])
        return customer

    return make
