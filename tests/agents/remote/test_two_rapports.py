"""One Rapport gives a task to another: our step, our gRPC server, and a token that lasts."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agents.remote.server import make_server
from agents.services.connections import save_connection
from crm.actors import Actor
from crm.api.tokens import TokenRefused, member_of
from crm.models import AuditEntry
from crm.services.members import update_member
from tests.agents.fixtures import MemberAs
from tests.agents.running import RunStep, finish
from tests.workflows.engine.conftest import sweep_now
from workflows.models import Run, Workflow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_cache")]


def token_of(name: str, **options: Any) -> str:
    out = StringIO()
    call_command("agent_token", name, stdout=out, **options)
    return out.getvalue().strip()


def test_a_step_of_one_is_a_run_of_the_other(
    doubling: Workflow, admin: Actor, member_as: MemberAs, settings: Any, run_step: RunStep
) -> None:
    member_as("builder")
    server, port = make_server("127.0.0.1:0")
    server.start()
    settings.OUTGOING_ALLOWED = [f"127.0.0.1:{port}"]
    place: dict[str, Any] = {"base_url": f"grpc://127.0.0.1:{port}", "hosts": ["127.0.0.1"]}
    save_connection(actor=admin, name="far", kind="agent_grpc", secret=token_of("builder"), **place)
    try:
        ended = run_step("remote_agent", {"connection": "far", "agent_type": "doubling"}, {"n": 21})
        sweep_now()
        ended = finish(ended.run)
        assert ended.output["output"] == {"double": 42}
        assert Run.objects.filter(workflow=doubling).count() == 1
    finally:
        server.stop(None).wait()


def test_a_token_that_lasts_is_the_member_s_and_is_told_in_the_audit_trail(member_as: MemberAs) -> None:
    member = member_as("worker")
    assert member_of(token_of("worker", days=30))[0] == member
    assert AuditEntry.objects.get(action="token.create").after["seconds"] == 30 * 86_400


def test_it_ends_with_the_member(member_as: MemberAs, admin: Actor) -> None:
    token = token_of("worker") if member_as("worker") else ""
    update_member(actor=admin, member_id=member_as("worker").pk, changes={"is_active": False})
    with pytest.raises(TokenRefused):
        member_of(token)


def test_it_ends_with_its_time(member_as: MemberAs, monkeypatch: Any) -> None:
    member_as("worker")
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now - timedelta(days=31))
    token = token_of("worker", days=30)
    with pytest.raises(TokenRefused):
        member_of(token)


@pytest.mark.parametrize(("name", "days"), [("nobody", 1), ("worker", 0), ("worker", 367)])
def test_for_nobody_or_for_ever_there_is_none(name: str, days: int, member_as: MemberAs) -> None:
    member_as("worker")
    with pytest.raises(CommandError):
        token_of(name, days=days)
    assert not AuditEntry.objects.filter(action="token.create").exists()
