"""A worker process: who it is, its heartbeat, and the care that every worker takes of the whole."""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from agents import background, executor, routing
from agents.models import Agent, Worker
from agents.services.figures import count_attempts
from agents.stragglers import back_up_one
from workflows import registry
from workflows.engine.drain import drain_events
from workflows.engine.due import fire_due_triggers
from workflows.engine.line import next_steps
from workflows.engine.refs import Places, WorkerInfo, engine_setting
from workflows.engine.refused import retry_refused
from workflows.engine.sweep import expire_leases_of, sweep

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5
LOST_AFTER = timedelta(seconds=20)
ALARM_LASTS = timedelta(seconds=90)
ALARM_FRESH_SECONDS = 0.2
SILENT_SECONDS = 5
RESUME_EVERY = 10  # sweeps
BACK_UP_EVERY = 3  # sweeps
COUNT_SECONDS = 10  # figures may be so old
STRANGER = WorkerInfo(None, "", lambda kind: not registry.get(kind).remote)


class Presence:
    """This process as the others see it. Pool processes inherit it when they are forked."""

    def __init__(self, agent: Agent) -> None:
        self.id: UUID = uuid7()
        self.agent_id: int = agent.pk
        self.last_message = monotonic()
        self.info = WorkerInfo(self.id, agent.name, self._serves, self._places, self._is_alarmed)
        self._alarm = (float("-inf"), False)

    def _serves(self, kind: str) -> bool:
        """As the agent is told now; while it is paused, nothing."""
        return any(one.name == self.info.agent and one.serves(kind) for one in routing.profiles())

    def _places(self) -> Places | None:
        profile = routing.profile(self.info.agent)
        return profile.places if profile else None

    def _is_alarmed(self) -> bool:
        asked, alarmed = self._alarm
        if monotonic() - asked > ALARM_FRESH_SECONDS:
            alarmed = Worker.objects.filter(lost_at__gt=Now() - ALARM_LASTS).exists()
            self._alarm = monotonic(), alarmed
        return alarmed


_presence: Presence | None = None


def current() -> WorkerInfo:
    return _presence.info if _presence else STRANGER


def heard_a_message() -> None:
    if _presence:
        _presence.last_message = monotonic()


def become(agent_name: str) -> Presence:
    """Makes this process, and those forked from it, a worker of the agent."""
    global _presence
    _presence = Presence(Agent.objects.get(name=agent_name))
    connection.close()
    return _presence


def lost_a_process() -> None:
    """One of our pool's processes died in the middle of a step."""
    if _presence:
        Worker.objects.filter(pk=_presence.id).update(lost_at=Now())
        connection.close()


def leave() -> None:
    if _presence:
        Worker.objects.filter(pk=_presence.id).update(stopped_at=Now())


class Caretaker:
    """Threads of a worker's main process: heartbeat, sweep, and direct claims when the broker is silent."""

    def __init__(self, presence: Presence) -> None:
        self.presence = presence
        self.over = threading.Event()

    def start(self) -> None:
        Worker.objects.create(
            id=self.presence.id,
            agent_id=self.presence.agent_id,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=settings.VERSION,
        )
        connection.close()
        self._repeat(HEARTBEAT_SECONDS, self.beat)
        self._repeat(engine_setting("SWEEP_SECONDS"), look_after)
        self._repeat(engine_setting("SWEEP_SECONDS"), self.claim_directly)
        # Apart from the sweep, which must not wait for the end of an import or a training.
        self._repeat(RESUME_EVERY * engine_setting("SWEEP_SECONDS"), resume_jobs)
        self._repeat(COUNT_SECONDS, count_attempts)
        self._repeat(BACK_UP_EVERY * engine_setting("SWEEP_SECONDS"), self.back_up)

    def stop(self) -> None:
        self.over.set()
        leave()

    def _repeat(self, seconds: float, act: Callable[[], object]) -> None:
        def loop() -> None:
            while not self.over.wait(seconds * random.uniform(0.8, 1.2)):  # noqa: S311 - no secret
                try:
                    act()
                except Exception:
                    logger.exception("%s failed; trying again", act.__name__)
                    connection.close()

        threading.Thread(target=loop, daemon=True, name=act.__name__).start()

    def beat(self) -> None:
        """Shows that we live, and frees the steps of workers that are gone."""
        # One that was taken for dead and wakes up is there again.
        Worker.objects.filter(pk=self.presence.id).update(heartbeat_at=Now(), stopped_at=None)
        retire_lost()

    def claim_directly(self) -> None:
        profile = routing.profile(self.presence.info.agent)
        if profile is None or monotonic() - self.presence.last_message < SILENT_SECONDS:
            return
        for ref in next_steps(profile.kinds, profile.strategy):
            executor.work(ref, self.presence.info)

    def back_up(self) -> None:
        profile = routing.profile(self.presence.info.agent)
        if profile is not None:
            back_up_one(profile, self.presence.info)


@transaction.atomic
def retire_lost() -> None:
    """Each worker that has fallen silent is looked at once, by one of the others."""
    silent = Worker.objects.filter(heartbeat_at__lt=Now() - LOST_AFTER, stopped_at=None)
    lost = [worker.pk for worker in silent.select_for_update(skip_locked=True)]
    if lost:
        expire_leases_of(lost)
        Worker.objects.filter(pk__in=lost).update(stopped_at=Now(), lost_at=Now())


def look_after() -> None:
    """What any worker does for all: due steps and triggers, events, starts that were refused."""
    while sweep():
        pass
    fire_due_triggers()
    while drain_events():
        pass
    retry_refused()


def resume_jobs() -> None:
    background.resume(current().serves)
