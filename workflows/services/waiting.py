"""Waits for the end of a run, in the caller's process and for a bounded time."""

from __future__ import annotations

import time

from django.db import connection

from workflows.models import Run
from workflows.states import RunState

LONGEST_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5


def await_end(run: Run, seconds: float) -> Run:
    """The run as it stands when it has ended, or when the time is over."""
    until = time.monotonic() + min(seconds, LONGEST_SECONDS)
    pause = FIRST_PAUSE
    # Nobody else sees a run before the commit, so inside a transaction there is nothing to wait for.
    while run.state == RunState.RUNNING and time.monotonic() < until and not connection.in_atomic_block:
        if pause == LONGEST_PAUSE:
            connection.close()  # who waits long does not keep a connection from others
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, LONGEST_PAUSE)
        run.refresh_from_db()
    return run
