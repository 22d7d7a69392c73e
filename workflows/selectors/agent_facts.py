"""What a wait in words needs to know of agents; they tell it themselves, for they stand above."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class AgentFact:
    """An agent that serves a kind of step, as it is now."""

    name: str
    paused: bool
    workers: int  # alive
    places: int  # of all of them
    taken: int  # of these
    kinds: frozenset[str]


def facts_of(kinds: Collection[str]) -> Mapping[str, Sequence[AgentFact]]:
    """For each kind the agents that serve it."""
    found: Mapping[str, Sequence[AgentFact]] = import_string(settings.AGENT_FACTS)(kinds) if kinds else {}
    return found
