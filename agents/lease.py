"""Keeps the leases of steps that outlive them, from one thread of the process with a connection of its own."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from django.db import connection

from workflows.engine import rows
from workflows.engine.refs import StepRef, engine_setting

logger = logging.getLogger(__name__)
Lease = tuple[StepRef, int]  # step, attempt


class Keeper:
    """A thread for each step would cost each short one more than the rest of its care."""

    def __init__(self) -> None:
        self._due: dict[Lease, float] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def keep(self, lease: Lease) -> None:
        with self._lock:
            self._due[lease] = monotonic() + engine_setting("RENEW_SECONDS")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="leases")
                self._thread.start()

    def let_go(self, lease: Lease) -> None:
        with self._lock:
            self._due.pop(lease, None)

    def _run(self) -> None:
        while True:
            # What is kept from now on is due later than that, so nobody has to wake us.
            sleep(max(0.01, self._next() - monotonic()))
            due = self._begin_round()
            for lease in due:
                self._renew(lease)
            if due:
                connection.close()

    def _next(self) -> float:
        with self._lock:
            return min(self._due.values(), default=monotonic() + engine_setting("RENEW_SECONDS"))

    def _begin_round(self) -> list[Lease]:
        now, again = monotonic(), monotonic() + engine_setting("RENEW_SECONDS")
        with self._lock:
            due = [lease for lease, moment in self._due.items() if moment <= now]
            self._due.update(dict.fromkeys(due, again))
        return due

    def _renew(self, lease: Lease) -> None:
        try:
            if not rows.renew(*lease):
                self.let_go(lease)
        except Exception:  # whatever it is, the other leases are kept
            logger.warning("A lease could not be renewed; trying again", exc_info=True)
            connection.close()


_keeper = Keeper()


def _begin_anew() -> None:
    """Of the parent's threads none goes on in a process that it forks."""
    global _keeper
    _keeper = Keeper()


os.register_at_fork(after_in_child=_begin_anew)


@contextmanager
def renewed(ref: StepRef, attempt: int) -> Iterator[None]:
    lease = ref, attempt
    _keeper.keep(lease)
    try:
        yield
    finally:
        _keeper.let_go(lease)
