"""What an installation needs before its processes start is made once, and the demo only where it belongs."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from agents.models import Agent
from crm.models import Customer, Member

pytestmark = pytest.mark.django_db


def prepare() -> str:
    said = io.StringIO()
    call_command("prepare", stdout=said)
    return said.getvalue()


def test_an_installation_starts_with_agents_and_without_a_demo(settings: Settings) -> None:
    settings.DEMO_LOGINS = False
    prepare()
    assert set(Agent.objects.values_list("name", flat=True)) == {"clerk", "scorer", "messenger"}
    assert not Member.objects.exists()
    assert not Customer.objects.exists()


def test_agents_that_somebody_arranged_stay_as_they_are(settings: Settings) -> None:
    settings.DEMO_LOGINS = False
    Agent.objects.create(name="everything", kinds=["*"], queue="everything")
    prepare()
    assert list(Agent.objects.values_list("name", flat=True)) == ["everything"]


def test_a_database_with_members_gets_no_demo(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO_LOGINS, settings.DATA_DIR = True, tmp_path
    Member.objects.create_user("ann")
    assert "demo" not in prepare()
    assert not Customer.objects.exists()
