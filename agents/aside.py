"""Work in threads beside this one: several calls to other systems at once, or one that is given up in time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TypeVar

from django.db import connection

T = TypeVar("T")
AT_ONCE = 8


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Their answers in order; calls that wait for others wait side by side."""
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(calls))) as pool:
        contexts = [copy_context() for _ in calls]
        return list(pool.map(lambda pair: pair[0].run(_and_close, pair[1]), zip(contexts, calls, strict=True)))


def within(seconds: float, call: Callable[[], T]) -> T:
    """The call's answer; raises TimeoutError, and leaves the call to itself, once the seconds are over."""
    answers: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def act() -> None:
        try:
            answers.put((_and_close(call), None))
        except BaseException as error:
            answers.put((None, error))

    threading.Thread(target=copy_context().run, args=(act,), daemon=True).start()
    try:
        answer, error = answers.get(timeout=seconds)
    except Empty as empty:
        raise TimeoutError from empty
    if error is not None:
        raise error
    return answer  # type: ignore[return-value] # None stands beside an error only


def _and_close(call: Callable[[], T]) -> T:
    """A thread has a database connection of its own, which nobody else would close."""
    try:
        return call()
    finally:
        connection.close()
