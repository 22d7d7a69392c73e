"""Keeps the lease of a step that outlives it, from a thread with a connection of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

from workflows.engine import rows
from workflows.engine.refs import StepRef, engine_setting

logger = logging.getLogger(__name__)


@contextmanager
def renewed(ref: StepRef, attempt: int) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(ref, attempt, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()


def _renew(ref: StepRef, attempt: int, over: threading.Event) -> None:
    try:
        while not over.wait(engine_setting("RENEW_SECONDS")):
            try:
                if not rows.renew(ref, attempt):
                    return
            except Error:
                logger.warning("A lease could not be renewed; trying again", exc_info=True)
                connection.close()
    finally:
        connection.close()
