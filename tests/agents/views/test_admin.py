"""The admin console: who gets in, what is kept, and that a secret goes in and never comes out."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models import Agent, Connection
from agents.services.connections import save_connection
from agents.services.demo import load_demo_agents
from crm.actors import SYSTEM
from crm.models import AuditEntry
from tests.agents.fixtures import As, MakeModel

pytestmark = pytest.mark.django_db
CANARY = "s3cret-canary-value"
CONNECTIONS = "/admin/agents/connection/"


def form(**changes: str) -> dict[str, str]:
    given = {"name": "crm", "kind": "http", "base_url": "https://api.example.com/v1/", "scheme": "Bearer"}
    return {**given, "hosts": "", "header": "", "new_secret": CANARY, **changes}


@pytest.fixture
def connection(db: None) -> Connection:
    return save_connection(actor=SYSTEM, name="crm", kind="http", base_url="https://api.example.com", secret=CANARY)


def test_an_admin_adds_a_connection_whose_secret_goes_to_its_own_host(logged_in: As) -> None:
    answer = logged_in("admin").post(f"{CONNECTIONS}add/", form())
    assert answer.status_code == 302, answer.content.decode()[:3000]
    made = Connection.objects.get()
    assert (made.hosts, made.secret_version) == (["api.example.com"], 1)
    assert made.secret
    assert CANARY.encode() not in bytes(made.secret)


def test_a_secret_is_on_no_page_and_in_no_entry(connection: Connection, logged_in: As) -> None:
    client = logged_in("admin")
    pages = [CONNECTIONS, f"{CONNECTIONS}{connection.pk}/change/", f"{CONNECTIONS}{connection.pk}/history/"]
    shown = "".join(client.get(page).content.decode() for page in pages)
    assert "api.example.com" in shown
    written = "".join(str((one.before, one.after)) for one in AuditEntry.objects.all())
    assert CANARY not in shown + written


@pytest.mark.parametrize(
    ("address", "ends"), [("grpcs://agents.example.com:443", 302), ("https://agents.example.com", 200)]
)
def test_an_agent_over_grpc_has_an_address_of_its_own_kind(address: str, ends: int, logged_in: As) -> None:
    given = form(name="far", kind="agent_grpc", base_url=address)
    assert logged_in("admin").post(f"{CONNECTIONS}add/", given).status_code == ends
    assert Connection.objects.filter(hosts=["agents.example.com"]).exists() == (ends == 302)


def test_a_form_with_a_mistake_does_not_give_the_secret_back(logged_in: As) -> None:
    answer = logged_in("admin").post(f"{CONNECTIONS}add/", form(base_url="ftp://x"))
    assert answer.status_code == 200
    assert "Write it like https://" in answer.content.decode()
    assert CANARY not in answer.content.decode()
    assert not Connection.objects.exists()


def test_a_change_without_a_secret_keeps_the_stored_one(connection: Connection, logged_in: As) -> None:
    page = f"{CONNECTIONS}{connection.pk}/change/"
    answer = logged_in("admin").post(page, form(new_secret="", hosts="a.example.com\nb.example.com"))
    assert answer.status_code == 302, answer.content.decode()[:3000]
    after = Connection.objects.get()
    assert (after.name, after.hosts) == ("crm", ["a.example.com", "b.example.com"])
    assert (after.secret_version, bytes(after.secret or b"")) == (1, bytes(connection.secret or b""))


def test_a_deleted_connection_is_written_down(connection: Connection, logged_in: As) -> None:
    logged_in("admin").post(f"{CONNECTIONS}{connection.pk}/delete/", {"post": "yes"})
    assert not Connection.objects.exists()
    assert AuditEntry.objects.get(action="connection.delete").object_label == "crm"


@pytest.mark.parametrize("role", ["manager", "builder", "operator", "viewer"])
def test_only_admins_reach_connections(role: str, connection: Connection, logged_in: As) -> None:
    client = logged_in(role)
    assert client.get(CONNECTIONS).status_code in (302, 403)
    assert client.post(f"{CONNECTIONS}add/", form(name="other")).status_code in (302, 403)
    assert client.post(f"{CONNECTIONS}{connection.pk}/delete/", {"post": "yes"}).status_code in (302, 403)
    assert list(Connection.objects.values_list("name", flat=True)) == ["crm"]


def test_an_admin_changes_what_an_agent_serves(logged_in: As) -> None:
    load_demo_agents(actor=SYSTEM)
    clerk = Agent.objects.get(name="clerk")
    given = {
        "description": "Helps", "kinds": "crm\ndecision", "capacity": "3", "pool": "threads", "strategy": "priority"
    }  # fmt: skip
    answer = logged_in("admin").post(f"/admin/agents/agent/{clerk.pk}/change/", given)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    clerk.refresh_from_db()
    assert (clerk.name, clerk.kinds, clerk.capacity, clerk.pool) == ("clerk", ["crm", "decision"], 3, "threads")
    assert clerk.strategy == "priority"
    assert AuditEntry.objects.filter(action="agent.update").count() == 1


def test_a_kind_that_does_not_exist_becomes_a_message(logged_in: As) -> None:
    given: dict[str, Any] = {"name": "x", "kinds": "telepathy", "capacity": "1", "pool": "prefork"}
    answer = logged_in("admin").post("/admin/agents/agent/add/", given, follow=True)
    assert "telepathy" in answer.content.decode()
    assert not Agent.objects.exists()


def test_workers_and_models_are_there_to_read_only(make_model: MakeModel, logged_in: As) -> None:
    model = make_model()
    client = logged_in("admin")
    for kind in ("worker", "churnmodel"):
        assert client.get(f"/admin/agents/{kind}/").status_code == 200
        assert client.get(f"/admin/agents/{kind}/add/").status_code == 403
    assert client.get(f"/admin/agents/churnmodel/{model.pk}/change/").status_code == 200
    assert client.post(f"/admin/agents/churnmodel/{model.pk}/delete/", {"post": "yes"}).status_code == 403
