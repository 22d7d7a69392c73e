"""Carries a fresh run on in the process that starts it, for who waits for its end."""

from __future__ import annotations

from functools import lru_cache

from agents import executor, routing
from crm import context
from workflows import registry
from workflows.engine import wake
from workflows.engine.ledger import Ledger
from workflows.engine.refs import WorkerInfo
from workflows.steps import Family

# What computes for long, and what waits for others, is left to agents.
LEFT_TO_AGENTS = (Family.AI, Family.CONNECT)


@lru_cache(maxsize=1)
def _kinds(profiles: tuple[routing.Profile, ...]) -> frozenset[str]:
    """What is quick and touches nothing outside, while an agent is at work that would do it as well."""
    served = frozenset[str]().union(*(profile.kinds for profile in profiles))
    types = (one for one in registry.all_types() if one.key in served)
    return frozenset(one.key for one in types if not one.effect.is_outside and one.family not in LEFT_TO_AGENTS)


def carry(ledger: Ledger) -> None:
    """One chain, in the transaction that starts the run; agents are told of what is left."""
    token = context.run_id.set(ledger.run.id)
    try:
        ledger.worker = WorkerInfo(None, "web", _kinds(tuple(routing.profiles())).__contains__)
        executor.advance(executor.Chain(ledger.run, ledger.program, ledger.worker, ledger.memory), ledger)
        wake.after_commit(ledger.wakes)
    finally:
        context.run_id.reset(token)
