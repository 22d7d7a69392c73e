"""Step types that leave a trace of each time they happened, take long, fail, crash, or tell their code's version."""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg2
from django.db import connection
from psycopg2.extras import execute_values

from workflows import registry
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType, Wait

# Effects in the transaction of the step, and calls that are kept whatever becomes of it. Neither refuses doubles.
TABLES = """
    CREATE TABLE chaos_effect (
        run_id uuid, node text, index int, attempt int, at timestamptz DEFAULT clock_timestamp()
    );
    CREATE TABLE chaos_call (key text, run_id uuid, node text, at timestamptz DEFAULT clock_timestamp());
"""

# The code's version: a rolling restart changes it.
VERSION = os.environ.get("CHAOS_VERSION", "1")


class Nothing(StepConfig):
    pass


class Slow(StepConfig):
    seconds: float = 0


class Flaky(StepConfig):
    every: int = 20  # item of a map, or run by its number


class Greet(StepConfig):
    name: str = ""


class GreetWell(Greet):
    title: str = "Dr"


def count(context: StepContext, config: Slow) -> Outcome:
    return count_all([(context, config)])[0]


def count_all(calls: Sequence[tuple[StepContext, Slow]]) -> Sequence[Done]:
    """A local effect that could happen twice unseen: nothing but the engine keeps it from that."""
    rows = [(context.run.id, context.node, context.index, context.attempt) for context, _ in calls]
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor, "INSERT INTO chaos_effect (run_id, node, index, attempt) VALUES %s", rows, page_size=1000
        )
    time.sleep(max(config.seconds for _, config in calls))
    return [Done({"counted": context.index}) for context, _ in calls]


_beside: Any = None


def call(context: StepContext, config: Slow) -> Outcome:
    """Reaches outside: what it does is there at once, and stays whatever becomes of the step."""
    global _beside
    row = (context.idempotency_key, context.run.id, context.node)
    for left in reversed(range(100)):
        try:
            if _beside is None or _beside.closed:
                _beside = psycopg2.connect(os.environ["DATABASE_URL"])
                _beside.autocommit = True
            with _beside.cursor() as cursor:
                cursor.execute("INSERT INTO chaos_call (key, run_id, node) VALUES (%s, %s, %s)", row)
            break
        except psycopg2.Error:
            _beside = None
            if not left:
                raise StepError("The other side is away.", code="unreachable", retry=True) from None
            time.sleep(0.2)
    time.sleep(config.seconds)
    return Done({"called": context.idempotency_key})


def outside(context: StepContext, config: Nothing) -> Outcome:
    """Counts as an outside step, and costs nothing."""
    return Done({"ok": True})


def ask(context: StepContext, config: Nothing) -> Outcome:
    return Wait(person=True) if context.signal is None else Done(context.signal)


def segfault(context: StepContext, config: Nothing) -> Outcome:
    ctypes.string_at(0)
    return Done(None)


def flaky(context: StepContext, config: Flaky) -> Outcome:
    if context.index % config.every == 0:
        raise StepError("Told to fail.", code="told_to_fail")
    return Done({"index": context.index})


def flaky_all(calls: Sequence[tuple[StepContext, Flaky]]) -> Sequence[Done | StepError]:
    failure = StepError("Told to fail.", code="told_to_fail")
    return [failure if context.index % config.every == 0 else Done(context.index) for context, config in calls]


def greet(context: StepContext, config: Greet) -> Outcome:
    """Old code knows no titles; new code needs them."""
    title = f"{config.title} " if isinstance(config, GreetWell) else ""
    return Done({"greeting": f"Hello {title}{config.name}", "code": VERSION})


def _kind(key: str, effect: Effect, config: type[StepConfig], run: Callable[..., Outcome], **more: Any) -> Any:
    family = Family.CONNECT if effect.is_outside else Family.DECISION
    return StepType(
        key=key, title=key, family=family, description=key, effect=effect, config=config, run=run, **more
    )  # fmt: skip


KINDS = (
    _kind("chaos_count", Effect.LOCAL, Slow, count, run_batch=count_all),
    _kind("chaos_call", Effect.KEYED, Slow, call),
    _kind("chaos_outside", Effect.KEYED, Nothing, outside),
    _kind("chaos_ask", Effect.PURE, Nothing, ask, waits=True),
    _kind("chaos_segfault", Effect.PURE, Nothing, segfault),
    _kind("chaos_flaky", Effect.PURE, Flaky, flaky, run_batch=flaky_all),
    _kind("chaos_greet", Effect.PURE, GreetWell if VERSION != "1" else Greet, greet),
)


def register() -> None:
    for kind in KINDS:
        registry.register(kind)
