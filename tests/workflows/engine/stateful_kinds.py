"""Step types of the stateful test: they leave marks, fail as told, ask, and let the worker die at a given moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

from workflows import registry
from workflows.steps import Done, Effect, Family, Outcome, StepConfig, StepContext, StepError, StepType, Wait

TABLE = "CREATE TABLE IF NOT EXISTS stateful_mark (run_id uuid, node text, index int)"


class Death(BaseException):
    """The worker is gone: no code of the engine may catch it."""


class Nothing(StepConfig):
    pass


class Told(StepConfig):
    fails: bool = False
    times: int = 0


class Item(StepConfig):
    fails: list[int] = []


# Called once, in the middle of the next step that leaves a trace, and then forgotten.
interruption: list[Callable[[], None]] = []
# (key, node) of calls outside, which no transaction takes back.
sent: list[tuple[str, str]] = []


def _interrupted() -> None:
    if interruption:
        interruption.pop()()


def _leave_mark(context: StepContext) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stateful_mark (run_id, node, index) VALUES (%s, %s, %s)",
            [context.run.id, context.node, context.index],
        )


def mark(context: StepContext, config: Nothing) -> Outcome:
    _leave_mark(context)
    _interrupted()
    return Done({"marked": context.node})


def mark_item(context: StepContext, config: Item) -> Outcome:
    return mark_items([(context, config)])[0]  # type: ignore[return-value]


def mark_items(calls: Sequence[tuple[StepContext, Item]]) -> Sequence[Done | StepError]:
    if len(calls) == 1 and calls[0][0].index in calls[0][1].fails:
        raise StepError("Told to fail.", code="told_to_fail")
    if any(context.index in config.fails for context, config in calls):
        raise StepError("Told to fail as a whole.", code="told_to_fail")
    for context, _ in calls:
        _leave_mark(context)
    _interrupted()
    return [Done(context.index) for context, _ in calls]


def send(context: StepContext, config: Nothing) -> Outcome:
    sent.append((context.idempotency_key, context.node))
    _interrupted()
    return Done({"sent": context.node})


def fail(context: StepContext, config: Told) -> Outcome:
    if config.fails:
        raise StepError("Told to fail.", code="told_to_fail")
    if context.attempt <= config.times:
        raise StepError("Told to fail for now.", code="told_to_fail", retry=True)
    return Done({"attempt": context.attempt})


def pause(context: StepContext, config: Nothing) -> Outcome:
    return Done("rested") if context.waited else Wait(seconds=3600)


def choose(context: StepContext, config: Nothing) -> Outcome:
    return Wait(person=True) if context.signal is None else Done(context.signal, port=context.signal["port"])


def branch(context: StepContext, config: Told) -> Outcome:
    return Done(None, port="yes" if config.fails else "no")


def _kind(key: str, effect: Effect, config: type[StepConfig], run: object, **more: Any) -> StepType[StepConfig]:
    return StepType(
        key=key, title=key, family=Family.DECISION, description=key, effect=effect, config=config,
        run=run, **more,  # type: ignore[arg-type]
    )  # fmt: skip


KINDS = (
    _kind("stateful_mark", Effect.LOCAL, Nothing, mark),
    _kind("stateful_item", Effect.LOCAL, Item, mark_item, run_batch=mark_items),
    _kind("stateful_if", Effect.PURE, Told, branch, ports=("yes", "no")),
    _kind("stateful_fail", Effect.PURE, Told, fail),
    _kind("stateful_pause", Effect.PURE, Nothing, pause, waits=True),
    _kind("stateful_choose", Effect.PURE, Nothing, choose, waits=True, ports=("yes", "no")),
    _kind("stateful_send", Effect.KEYED, Nothing, send),
    _kind("stateful_mail", Effect.UNKEYED, Nothing, send),
)


def register() -> None:
    for kind in KINDS:
        if registry.find(kind.key) is None:
            registry.register(kind)
