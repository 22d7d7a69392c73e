"""API clients that are logged in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from crm.actors import Actor
from crm.api.tokens import start_session
from crm.models import Member

Api = Callable[[Actor], APIClient]


@pytest.fixture
def api(db: None) -> Api:
    def logged_in(actor: Actor) -> APIClient:
        client = APIClient()
        pair = start_session(Member.objects.get(pk=actor.member_id or 0))
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
        return client

    return logged_in
