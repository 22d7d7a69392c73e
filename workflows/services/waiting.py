"""Waits for the end of a run, in the caller's process and for a bounded time."""

from __future__ import annotations

import time
from threading import BoundedSemaphore

from django.db import connection

from workflows.models import Run
from workflows.states import RunState

LONGEST_SECONDS = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5
# Each of them holds a thread of this process.
MOST_WAITING = 100
PLACES = BoundedSemaphore(MOST_WAITING)


def await_end(run: Run, seconds: float) -> Run:
    """The run as it stands when it has ended or the time is over; at once where too many wait already."""
    # Nobody else sees a run before the commit, so inside a transaction there is nothing to wait for.
    if run.state != RunState.RUNNING or connection.in_atomic_block or not PLACES.acquire(blocking=False):
        return run
    try:
        return _look_until(run, time.monotonic() + min(seconds, LONGEST_SECONDS))
    finally:
        PLACES.release()


def _look_until(run: Run, until: float) -> Run:
    pause = FIRST_PAUSE
    while run.state == RunState.RUNNING and time.monotonic() < until:
        if pause == LONGEST_PAUSE:
            connection.close()  # who waits long does not keep a connection from others
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, LONGEST_PAUSE)
        run.refresh_from_db()
    return run
