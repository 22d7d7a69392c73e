"""Agents, models and connections as the API lists them."""

from __future__ import annotations

import pytest

from agents.models import Connection
from agents.services.connections import save_connection
from agents.services.demo import load_demo_agents
from crm.actors import SYSTEM
from tests.agents.fixtures import ApiAs, MakeModel

LISTS = ("/api/v1/agents", "/api/v1/models", "/api/v1/connections")


@pytest.mark.parametrize("address", LISTS)
def test_a_stranger_is_asked_to_log_in(address: str, client: object, db: None) -> None:
    assert client.get(address).status_code == 401  # type: ignore[attr-defined]


def test_agents_are_listed_with_their_queues(api_as: ApiAs) -> None:
    load_demo_agents(actor=SYSTEM)
    found = api_as("viewer").get("/api/v1/agents").json()["results"]
    assert [one["name"] for one in found] == ["clerk", "messenger", "scorer"]
    assert found[0] == {
        "name": "clerk", "kinds": ["trigger", "crm", "decision", "flow", "people"], "capacity": 2, "paused": False,
        "alive": 0, "ready": 0, "oldest_wait_seconds": None,
    }  # fmt: skip


def test_models_are_listed_with_their_cards_and_without_what_they_learned(make_model: MakeModel, api_as: ApiAs) -> None:
    make_model()
    (found,) = api_as("viewer").get("/api/v1/models").json()["results"]
    assert (found["number"], found["state"]) == (1, "champion")
    assert found["card"]["quality"]["auc"] > 0.5
    assert "artefact" not in found


def test_connections_are_offered_by_kind_and_never_with_their_secret(api_as: ApiAs) -> None:
    save_connection(actor=SYSTEM, name="shop", kind="http", base_url="https://shop.example.com", secret="hush-hush")
    save_connection(actor=SYSTEM, name="bank", kind="payment", secret="hush-hush")
    answer = api_as("builder").get("/api/v1/connections")
    assert [one["id"] for one in answer.json()["results"]] == ["bank", "shop"]
    assert "hush" not in answer.content.decode()
    (bank,) = api_as("builder").get("/api/v1/connections?kind=payment").json()["results"]
    assert bank == {"id": "bank", "name": "bank", "kind": "payment"}


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_who_may_not_use_connections_does_not_see_them(role: str, api_as: ApiAs) -> None:
    assert api_as(role).get("/api/v1/connections").status_code == 403
    assert not Connection.objects.exists()


def test_connections_of_several_kinds_are_asked_for_at_once(api_as: ApiAs) -> None:
    for name, kind in (("a", "agent_rest"), ("b", "agent_grpc"), ("c", "smtp")):
        save_connection(actor=SYSTEM, name=name, kind=kind)
    found = api_as("builder").get("/api/v1/connections?kind=agent_rest,agent_grpc").json()["results"]
    assert [one["name"] for one in found] == ["a", "b"]
