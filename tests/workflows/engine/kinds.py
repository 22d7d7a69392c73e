"""Step types that exist for the tests: they fail, wait or leave a mark when told to."""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep

from django.db import connection

from crm.models import Tag
from workflows import registry
from workflows.steps import (
    Done,
    Effect,
    Family,
    OnUncertain,
    Outcome,
    StepConfig,
    StepContext,
    StepError,
    StepType,
    Wait,
)


class Mark(StepConfig):
    text: str = "mark"
    fail_on: str = ""


class Fail(StepConfig):
    retry: bool = False
    times: int = 1_000_000  # so often, then it succeeds


class Pause(StepConfig):
    seconds: float = 0


class Nothing(StepConfig):
    pass


def leave_mark(context: StepContext, config: Mark) -> Outcome:
    """A local effect that can't happen twice unseen: the name is unique."""
    Tag.objects.create(name=f"{context.run.number}/{context.node}/{context.index}")
    if config.fail_on and config.fail_on == config.text:
        raise StepError("Told to fail.", code="told_to_fail")
    return Done({"marked": config.text})


def leave_marks(calls: Sequence[tuple[StepContext, Mark]]) -> Sequence[Done]:
    if any(config.fail_on and config.fail_on == config.text for _, config in calls):
        raise StepError("Told to fail.", code="told_to_fail")
    Tag.objects.bulk_create(Tag(name=f"{context.run.number}/{context.node}/{context.index}") for context, _ in calls)
    return [Done({"marked": config.text}) for _, config in calls]


def fail(context: StepContext, config: Fail) -> Outcome:
    if context.attempt > config.times:
        return Done({"attempt": context.attempt})
    raise StepError("Told to fail.", code="told_to_fail", retry=config.retry)


def pause(context: StepContext, config: Pause) -> Outcome:
    return Done("rested") if context.waited else Wait(seconds=config.seconds)


def ask(context: StepContext, config: Nothing) -> Outcome:
    return Wait(person=True) if context.signal is None else Done(context.signal)


def break_off(context: StepContext, config: Nothing) -> Outcome:
    """Takes the transaction around it along."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    return Done(None)


sent: list[str] = []


def send(context: StepContext, config: Mark) -> Outcome:
    sent.append(context.idempotency_key)
    if config.fail_on == "crash":
        raise KeyboardInterrupt
    if config.fail_on == "fault":
        raise RuntimeError("after the effect")
    return Done({"sent": config.text})


def _kind(key: str, effect: Effect, config: type[StepConfig], run: object, **more: object) -> StepType[StepConfig]:
    return StepType(
        key=key, title=key, family=Family.DECISION, description=key, effect=effect, config=config,
        run=run, **more,  # type: ignore[arg-type]
    )  # fmt: skip


class Moody(StepConfig):
    number: int = 0
    bad: list[int] = []  # fails the first time for these


_met: set[tuple[str, int]] = set()


def be_moody(context: StepContext, config: Moody) -> Outcome:
    """A local effect that fails once for some items."""
    Tag.objects.create(name=f"{context.run.number}/{context.node}/{context.index}")
    if config.number in config.bad and (context.idempotency_key, config.number) not in _met:
        _met.add((context.idempotency_key, config.number))
        raise StepError("Not today.", code="moody", retry=True)
    return Done(config.number)


class Slow(StepConfig):
    seconds: float = 0


calls: list[float] = []


def be_slow(context: StepContext, config: Slow) -> Outcome:
    calls.append(config.seconds)
    sleep(config.seconds)
    return Done({"slept": config.seconds, "calls": len(calls)})


happened: set[str] = set()


def asked_whether(context: StepContext, config: Mark) -> Done | None:
    return Done({"found": True}) if config.text in happened else None


KINDS = (
    _kind("test_moody", Effect.LOCAL, Moody, be_moody),
    _kind("test_slow", Effect.KEYED, Slow, be_slow, cacheable=True),
    _kind("test_probed", Effect.UNKEYED, Mark, send, probe=asked_whether, on_uncertain=OnUncertain.PROBE),
    _kind("test_mark", Effect.LOCAL, Mark, leave_mark, run_batch=leave_marks),
    _kind("test_fail", Effect.PURE, Fail, fail),
    _kind("test_pause", Effect.PURE, Pause, pause, waits=True),
    _kind("test_ask", Effect.PURE, Nothing, ask, waits=True),
    _kind("test_break", Effect.PURE, Nothing, break_off),
    _kind("test_send", Effect.KEYED, Mark, send),
    _kind("test_mail", Effect.UNKEYED, Mark, send),
)


def register() -> None:
    for kind in KINDS:
        if registry.find(kind.key) is None:
            registry.register(kind)
