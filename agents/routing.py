"""Which agent serves which kind of step; asked of the table at most every few seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from agents.models import Agent
from workflows import registry
from workflows.engine.line import Strategy
from workflows.engine.refs import Places

FRESH_SECONDS = 10


@dataclass(frozen=True)
class Profile:
    name: str
    queue: str
    kinds: frozenset[str]
    strategy: Strategy = Strategy.PREDICTIVE
    capacity: int = 1
    # Where each step takes one place, the pool keeps to the capacity; else what they take is counted.
    places: Places | None = None

    def serves(self, kind: str) -> bool:
        return kind in self.kinds


def kinds_of(agent: Agent) -> frozenset[str]:
    """The step types that the agent's list of families and types stands for."""
    listed = set(agent.kinds)
    return frozenset(
        one.key
        for one in registry.all_types()
        if not one.remote and ("*" in listed or one.key in listed or one.family.value in listed)
    )


def profile_of(agent: Agent) -> Profile:
    kinds = kinds_of(agent)
    large = frozenset(kind for kind in kinds if registry.get(kind).units > 1)
    places = Places(agent.capacity, large) if large else None
    return Profile(agent.name, agent.queue, kinds, Strategy(agent.strategy), agent.capacity, places)


_profiles: tuple[float, Sequence[Profile]] = (float("-inf"), ())


def profiles() -> Sequence[Profile]:
    """The agents that are not paused."""
    global _profiles
    if monotonic() - _profiles[0] > FRESH_SECONDS:
        _profiles = (monotonic(), [profile_of(agent) for agent in Agent.objects.filter(paused=False)])
    return _profiles[1]


def profile(agent: str) -> Profile | None:
    """None if the agent is not there, or paused."""
    return next((one for one in profiles() if one.name == agent), None)


def is_at_work(agent: str) -> bool:
    return profile(agent) is not None


def forget() -> None:
    """After a change of an agent in this process."""
    global _profiles
    _profiles = (float("-inf"), ())


def queue_for(kind: str) -> str | None:
    """The queue of an agent that serves the kind, or None: the step then waits for one."""
    return next((profile.queue for profile in profiles() if profile.serves(kind)), None)
