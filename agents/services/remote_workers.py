"""What remote workers do: claim a step, keep it, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import DatabaseError, transaction

from agents.remote import leases
from agents.remote.leases import FenceLost, Held, Lease
from agents.steps.remote_task import Order
from crm import context
from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, Unavailable
from crm.permissions import require
from crm.validation import why_not_kept
from workflows.engine import rows
from workflows.engine.contention import is_contention
from workflows.steps import Done, StepError

JSON = Any
T = TypeVar("T")
TRIES = 3


@dataclass(frozen=True)
class Claim:
    lease: Lease
    order: Order


def claim_step(*, actor: Actor, queues: Collection[str]) -> Claim | None:
    """The step of these queues that waited longest, leased to the worker; None if there is none."""
    require(actor, "work", "remote")
    for ref in leases.waiting(queues):
        if taken := leases.take(ref, actor):
            return Claim(*taken)
    return None


def renew_lease(*, actor: Actor, lease: Lease) -> None:
    """The worker is still at it. A step that may not take so long is taken from it instead."""
    require(actor, "work", "remote")
    if leases.holder(lease) != leases.worker_of(actor).id:
        raise _lost()
    if not _under(actor, lease, _renew):
        raise _lost()


def _renew(held: Held, lease: Lease) -> bool:
    if held.timeout is not None and held.seconds > held.timeout:
        message = f"The remote worker took longer than {held.timeout:g} seconds."
        held.settle(StepError(message, code="timeout", retry=True))
        return False
    return rows.renew(lease.ref, lease.attempt)


def finish_step(*, actor: Actor, lease: Lease, output: JSON, port: str) -> None:
    """Records the result and brings forth what follows, in one transaction."""
    require(actor, "work", "remote")
    if why := why_not_kept(output):
        raise InvalidInput(f"The output can't be kept. {why}", code="output_not_json")

    def finish(held: Held, lease: Lease) -> None:
        if port not in held.ports:
            raise InvalidInput(
                f"The step has no way out {port[:40]!r}. It has {', '.join(sorted(held.ports))}.", code="no_port"
            )
        held.settle(Done(output, port))

    _under(actor, lease, finish)


def fail_step(*, actor: Actor, lease: Lease, code: str, message: str, retry: bool) -> None:
    """Records the failure; with `retry` the step's policy says whether and when it is tried again."""
    require(actor, "work", "remote")
    error = StepError(message, code=code, retry=retry)
    _under(actor, lease, lambda held, lease: held.settle(error))


def _under(actor: Actor, lease: Lease, act: Callable[[Held, Lease], T]) -> T:
    """Acts in one transaction on a step that the worker still holds; its fence is asked under the row's lock."""
    token = context.run_id.set(lease.ref.run_id)
    try:
        for _ in range(TRIES):
            try:
                with transaction.atomic():
                    return act(leases.hold(lease, actor), lease)
            except DatabaseError as error:
                if not is_contention(error):
                    raise
    except FenceLost:
        raise _lost() from None
    finally:
        context.run_id.reset(token)
    raise Unavailable("Others work on the same run just now. Send it again in a second.", code="contention")


def _lost() -> Conflict:
    message = "The step is not yours any more: its lease ran out, or its run ended. Drop it; nothing was written."
    return Conflict(message, code="fence_lost")
