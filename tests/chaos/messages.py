"""Another way for wake-up messages to go: a detour through a shuffler, which sends each three times."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Sequence
from uuid import uuid4

import redis

from agents import routing, tasks
from workflows.engine.wake import Wake

DETOUR = ".in"


def dispatch_by_detour(wakes: Sequence[Wake]) -> None:
    found = [(routing.queue_for(kind), ref) for kind, ref in wakes]
    tasks._publish(
        "work", [(f"{queue}{DETOUR}", (str(ref.run_id), ref.node, ref.item)) for queue, ref in found if queue]
    )


class Shuffler(threading.Thread):
    """Moves each message on to its queue three times, in random order and after a random while."""

    def __init__(self, broker: redis.Redis, queues: Sequence[str], rng: random.Random) -> None:
        super().__init__(daemon=True)
        self.broker, self.queues, self.rng = broker, queues, rng
        self.over = threading.Event()
        self.came = self.sent = 0
        self._held: list[tuple[str, bytes]] = []

    def run(self) -> None:
        while not self.over.wait(0.02):
            for queue in self.queues:
                while (message := self.broker.rpop(f"{queue}{DETOUR}")) is not None:
                    self.came += 1
                    self._held += [(queue, bytes(message))] * 3  # type: ignore[arg-type]
            self.rng.shuffle(self._held)
            for _ in range(min(len(self._held), 1 + len(self._held) // 20)):
                queue, message = self._held.pop()
                self.broker.lpush(queue, _as_new(message))
                self.sent += 1


def _as_new(message: bytes) -> str:
    """The same message under a number of its own, as the broker's client would have sent it."""
    read = json.loads(message)
    read["properties"]["delivery_tag"] = str(uuid4())
    return json.dumps(read)
