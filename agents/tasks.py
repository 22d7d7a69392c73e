"""Celery tasks: hints that work is ready, and housekeeping. Losing or doubling any of them changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import monotonic
from uuid import UUID

from celery import current_app, shared_task
from kombu.exceptions import OperationalError

from agents import agenda, background, housekeeping, routing, worker
from workflows.engine.refs import StepRef
from workflows.engine.wake import Wake

logger = logging.getLogger(__name__)

# While the broker is away every publish would wait for its timeout; workers find the steps by themselves.
BROKER_PAUSE_SECONDS = 5
_silent_until = 0.0


@shared_task(name="work")
def work(run_id: str, node: str, item: int) -> None:
    info = worker.current()
    # A message from before the pause: the step stays ready, and is announced again when the agent goes on.
    if not info.agent or routing.is_at_work(info.agent):
        agenda.carry_out(StepRef(UUID(run_id), node, item), info)


@shared_task(name="background")
def run_in_background(job: str, argument: int) -> None:
    background.run(job, argument)


@shared_task(name="keep_house")
def keep_house() -> None:
    housekeeping.keep_house()


def dispatch(wakes: Sequence[Wake]) -> None:
    """Publishes a wake-up for each step, best effort."""
    messages = [(routing.queue_for(kind), ref) for kind, ref in wakes]
    _publish("work", [(queue, (str(ref.run_id), ref.node, ref.item)) for queue, ref in messages if queue])


def dispatch_background(job: str, argument: int) -> None:
    queue = routing.queue_for(background.JOBS[job].like)
    if queue:
        _publish("background", [(queue, (job, argument))])


def _publish(task: str, messages: Sequence[tuple[str, tuple[object, ...]]]) -> None:
    global _silent_until
    if not messages or monotonic() < _silent_until:
        return
    try:
        with current_app.producer_pool.acquire(block=True, timeout=1) as producer:
            for queue, arguments in messages:
                current_app.send_task(task, arguments, queue=queue, producer=producer, retry=False, ignore_result=True)
    except (OperationalError, OSError, TimeoutError):
        _silent_until = monotonic() + BROKER_PAUSE_SECONDS
        logger.warning("The broker is away; workers will find the steps in the database")
