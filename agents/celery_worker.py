"""Joins a Celery worker to the engine: presence, caretaking, and the pulse of its messages."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery, bootsteps, signals
from celery.app import app_or_default
from django.db import DatabaseError, connection

from agents import routing, worker

AGENT_VARIABLE = "RAPPORT_AGENT"
# A thread that becomes free does not wake the loop that fetches messages, as a process does.
LOOK_FOR_FREE_THREADS_SECONDS = 0.02


class CaretakerStep(bootsteps.StartStopStep):
    """Starts once the pool is there, whether or not the broker is."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self.presence = worker.become(os.environ[AGENT_VARIABLE])
        self.caretaker = worker.Caretaker(self.presence)

    def start(self, parent: Any) -> None:
        self.caretaker.start()
        if parent.hub and parent.pool_cls.__module__.endswith(".thread"):
            parent.hub.call_repeatedly(LOOK_FOR_FREE_THREADS_SECONDS, lambda: None)

    def stop(self, parent: Any) -> None:
        self.caretaker.stop()

    terminate = stop


def _warm_up(**_: Any) -> None:
    """Before the first message comes: connected, and knowing the agents."""
    try:
        routing.profiles()
    except DatabaseError:
        connection.close()  # it is away; the first message will see


def _heard(**_: Any) -> None:
    worker.heard_a_message()


def install() -> None:
    """In the processes of an agent; elsewhere nothing is changed."""
    if AGENT_VARIABLE in os.environ:
        app: Celery = app_or_default()
        app.steps["worker"].add(CaretakerStep)
        signals.worker_process_init.connect(_warm_up, weak=False)
        signals.task_received.connect(_heard, weak=False)
