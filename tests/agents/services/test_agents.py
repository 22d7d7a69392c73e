"""Agents are kept by admins, and what they serve decides where steps go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agents import routing
from agents.models import Agent
from agents.services.agents import AgentSettings, create_agent, pause_agent, update_agent
from crm.errors import Conflict, InvalidInput, NotAllowed
from crm.models import AuditEntry
from tests.agents.fixtures import ActorAs

pytestmark = pytest.mark.django_db
CALLER = AgentSettings(name="caller", kinds=["people", "send_mail"], capacity=3)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    routing.forget()
    yield
    routing.forget()


def test_an_admin_adds_an_agent_with_a_queue_of_its_name(actor_as: ActorAs) -> None:
    agent = create_agent(actor=actor_as("admin"), new=CALLER)
    assert (agent.queue, agent.kinds, agent.capacity) == ("caller", ["people", "send_mail"], 3)
    assert AuditEntry.objects.get(action="agent.create").after["name"] == "caller"


def test_a_manager_adds_none(actor_as: ActorAs) -> None:
    with pytest.raises(NotAllowed):
        create_agent(actor=actor_as("manager"), new=CALLER)
    assert not Agent.objects.exists()


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (AgentSettings(name="caller", kinds=["telepathy"]), "kinds"),
        (AgentSettings(name="caller", kinds=[]), "kinds"),
        (AgentSettings(name="caller", kinds=["*"], capacity=0), "capacity"),
        (AgentSettings(name="two words", kinds=["*"]), "name"),
        (AgentSettings(name="caller", kinds=["*"], pool="cloud"), "pool"),
    ],
)
def test_what_an_agent_can_not_be_is_refused(new: AgentSettings, field: str, actor_as: ActorAs) -> None:
    with pytest.raises(InvalidInput) as refused:
        create_agent(actor=actor_as("admin"), new=new)
    assert field in {one["field"] for one in refused.value.errors}
    assert not Agent.objects.exists()


def test_a_name_is_taken_once(actor_as: ActorAs) -> None:
    create_agent(actor=actor_as("admin"), new=CALLER)
    with pytest.raises(Conflict):
        create_agent(actor=actor_as("admin"), new=CALLER)


def test_a_change_leaves_name_and_queue_and_is_written_down(actor_as: ActorAs) -> None:
    agent = create_agent(actor=actor_as("admin"), new=CALLER)
    to = AgentSettings(name="other", kinds=["ai"], queue="other", capacity=1)
    agent = update_agent(actor=actor_as("admin"), agent_id=agent.pk, to=to)
    assert (agent.name, agent.queue, agent.kinds) == ("caller", "caller", ["ai"])
    entry = AuditEntry.objects.get(action="agent.update")
    assert (entry.before["kinds"], entry.after["kinds"]) == (["people", "send_mail"], ["ai"])


def test_a_step_goes_to_an_agent_that_names_its_family_or_its_type(actor_as: ActorAs) -> None:
    create_agent(actor=actor_as("admin"), new=CALLER)
    routing.forget()
    assert routing.queue_for("approval") == "caller"
    assert routing.queue_for("send_mail") == "caller"
    assert routing.queue_for("http_request") is None


def test_a_star_serves_every_kind(actor_as: ActorAs) -> None:
    create_agent(actor=actor_as("admin"), new=AgentSettings(name="all", kinds=["*"]))
    routing.forget()
    assert {routing.queue_for(kind) for kind in ("if", "score_churn", "payment")} == {"all"}


def test_a_paused_agent_gets_nothing(actor_as: ActorAs) -> None:
    create_agent(actor=actor_as("admin"), new=CALLER)
    pause_agent(actor=actor_as("admin"), name="caller")
    routing.forget()
    assert routing.queue_for("approval") is None
    assert not routing.is_at_work("caller")
