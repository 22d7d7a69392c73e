"""Answers that may be used again for a while: in this process, and in the broker's memory for all of them."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from threading import Lock
from time import monotonic

from django.core.cache import cache
from redis import RedisError

from workflows.steps import JSON, Done, StepConfig, StepContext

KEPT_HERE = 1_000  # answers
MOST_BYTES = 64 * 1024  # of one answer

_here: OrderedDict[str, tuple[float, str]] = OrderedDict()
_lock = Lock()  # an agent may work in threads


def find(kind: str, call: tuple[StepContext, StepConfig]) -> Done | None:
    key = _key(kind, call)
    with _lock:
        until, text = _here.get(key, (0.0, ""))
    if monotonic() >= until:
        found: str | None = _ask(key)
        if found is None:
            return None
        text = found
    output, port = json.loads(text)
    return Done(output, port)


def keep(kind: str, call: tuple[StepContext, StepConfig], answer: Done, seconds: float) -> None:
    text = json.dumps([answer.output, answer.port], default=str)
    if len(text) > MOST_BYTES:
        return
    key = _key(kind, call)
    with _lock:
        _here[key] = (monotonic() + seconds, text)
        _here.move_to_end(key)
        while len(_here) > KEPT_HERE:
            _here.popitem(last=False)
    _tell(key, text, seconds)


def forget() -> None:
    """Of this process."""
    with _lock:
        _here.clear()


def _key(kind: str, call: tuple[StepContext, StepConfig]) -> str:
    """By what the step is asked; and by who asks, for what they may see differs."""
    context, config = call
    asker = context.run.actor
    rights = [asker.member_id, asker.role, sorted(asker.team_ids)]
    asked: JSON = [kind, rights, context.input, config.model_dump(mode="json")]
    text = json.dumps(asked, sort_keys=True, default=str)
    return f"answer:{hashlib.sha256(text.encode()).hexdigest()}"


def _ask(key: str) -> str | None:
    try:
        found: str | None = cache.get(key)
    except (OSError, RedisError):  # the memory is away: then nothing is known
        return None
    return found


def _tell(key: str, text: str, seconds: float) -> None:
    try:
        cache.set(key, text, timeout=seconds)
    except (OSError, RedisError):
        return
