"""Hands a request's connection to the next one: the web server gives each request a thread of its own.

Django's own pool needs another driver. A connection is kept only while it is idle and outside a transaction, and is
looked at before it is given out, so a restart of the database shows in no request.
"""

from __future__ import annotations

import os
import select
from collections import deque
from time import monotonic
from typing import Any

from django.db.backends.postgresql import base
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED, TRANSACTION_STATUS_IDLE

KEPT = 20
KEPT_SECONDS = 60.0  # idle; PostgreSQL, too, holds much in memory for a connection
OLDEST_SECONDS = 3600.0

Connection = Any
# (when it was put back, when it was made, connection); the one put back last is given out first.
_idle: deque[tuple[float, float, Connection]] = deque()
# A child must not talk on its parent's connections.
os.register_at_fork(after_in_child=_idle.clear)


class DatabaseWrapper(base.DatabaseWrapper):
    made_at = 0.0

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        while _idle:
            _, self.made_at, connection = _idle.pop()
            if _is_quiet(connection):
                self.isolation_level = ISOLATION_LEVEL_READ_COMMITTED
                return connection
            connection.close()
        self.made_at = monotonic()
        return super().get_new_connection(conn_params)

    def _close(self) -> None:
        connection, now = self.connection, monotonic()
        if connection is None or not _may_be_kept(connection) or now - self.made_at > OLDEST_SECONDS:
            super()._close()  # type: ignore[misc]  # the stubs leave it out
            return
        _idle.append((now, self.made_at, connection))
        while _idle and (len(_idle) > KEPT or now - _idle[0][0] > KEPT_SECONDS):
            try:
                _idle.popleft()[2].close()
            except IndexError:  # another thread took it
                return


def _may_be_kept(connection: Connection) -> bool:
    return not connection.closed and connection.info.transaction_status == TRANSACTION_STATUS_IDLE


def _is_quiet(connection: Connection) -> bool:
    """An idle connection on which something can be read was ended by the other side."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return not poll.poll(0)
