"""Connections of the web server: handed from one request to the next, and never one that is not fit for it."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.db import OperationalError, connection

from config.pooled import base

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def request_connection() -> Iterator[base.DatabaseWrapper]:
    """A connection as the next request would have it."""
    wrapper = base.DatabaseWrapper({**connection.settings_dict, "CONN_MAX_AGE": 0}, alias="default")
    yield wrapper
    wrapper.close()
    while base._idle:
        base._idle.pop()[2].close()


def backend(wrapper: base.DatabaseWrapper) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_the_next_request_is_given_the_connection_of_the_last(request_connection: base.DatabaseWrapper) -> None:
    first = backend(request_connection)
    request_connection.close()
    assert backend(request_connection) == first


def test_two_requests_at_once_have_two_connections(request_connection: base.DatabaseWrapper) -> None:
    other = base.DatabaseWrapper(request_connection.settings_dict, alias="default")
    assert backend(request_connection) != backend(other)
    other.close()


def test_a_connection_in_a_transaction_is_not_kept(request_connection: base.DatabaseWrapper) -> None:
    first = backend(request_connection)
    request_connection.set_autocommit(False)
    with request_connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE half_done (n int)")
    request_connection.close()
    assert backend(request_connection) != first


def test_a_connection_that_the_server_ended_is_not_given_out(request_connection: base.DatabaseWrapper) -> None:
    first = backend(request_connection)
    request_connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    assert backend(request_connection) != first


def test_no_more_are_kept_than_allowed(request_connection: base.DatabaseWrapper, monkeypatch: Any) -> None:
    monkeypatch.setattr(base, "KEPT", 1)
    others = [base.DatabaseWrapper(request_connection.settings_dict, alias="default") for _ in range(3)]
    for other in others:
        backend(other)
    for other in others:
        other.close()
    assert len(base._idle) == 1


def test_connections_go_from_thread_to_thread(request_connection: base.DatabaseWrapper) -> None:
    first, seen = backend(request_connection), []
    request_connection.close()

    def ask() -> None:
        mine = base.DatabaseWrapper(request_connection.settings_dict, alias="default")
        seen.append(backend(mine))
        mine.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == [first]


def test_a_connection_keeps_its_limits(request_connection: base.DatabaseWrapper) -> None:
    backend(request_connection)
    request_connection.close()
    with request_connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("15s",)


def test_a_dead_connection_is_an_error_of_its_own_request_only(request_connection: base.DatabaseWrapper) -> None:
    first = backend(request_connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    with pytest.raises(OperationalError):
        backend(request_connection)
    request_connection.close()
    assert backend(request_connection) != first
