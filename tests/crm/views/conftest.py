"""Browsers that are logged in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from crm.actors import Actor
from crm.models import Member

Browse = Callable[[Actor], Client]


@pytest.fixture
def browse(db: None) -> Browse:
    def logged_in(actor: Actor) -> Client:
        client = Client()
        client.force_login(Member.objects.get(pk=actor.member_id or 0))
        return client

    return logged_in
