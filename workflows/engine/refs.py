"""Small values that the engine hands around: which step, which run, which worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from workflows.steps import JSON


class StepRef(NamedTuple):
    """A step by its key; what a wake-up message carries."""

    run_id: UUID
    node: str
    item: int = 0


@dataclass(frozen=True)
class RunRow:
    id: UUID
    number: int
    version_id: int
    input: JSON
    priority: int
    # Its own graph, if steps were added to it or taken from it.
    graph_id: int | None = None
    paused: bool = False
    # While it is rolled back: the state that it will end in.
    ending: str = ""
    depth: int = 0


class Places(NamedTuple):
    number: int
    large: frozenset[str]


@dataclass(frozen=True)
class WorkerInfo:
    """The process that works, and the kinds of step that its agent serves."""

    id: UUID | None
    agent: str
    serves: Callable[[str], bool]
    # How many places it has, and the kinds of step that take several; None if each step takes one.
    places: Callable[[], Places | None] = lambda: None
    # Whether a worker was lost of late: then a step that should have been taken long ago may be what kills them.
    is_alarmed: Callable[[], bool] = lambda: True


@dataclass
class Task:
    """A step in this process's hands, claimed under `attempt`."""

    node: str
    item: int
    started: datetime
    attempt: int = 1
    failures: int = 0
    crashes: int = 0
    # False while the step lives only in this transaction.
    exists: bool = False
    # What it waited for before it was claimed.
    waited_for: str = ""
    # Items that failed, and chunks, on a map's own row.
    failed: int = 0
    size: int = 0
    budget: int | None = None
    # Seconds that it had been ready; None if it was never claimed.
    waited: float | None = None
    # Carried out beside an attempt that takes too long.
    is_backup: bool = False
    # A person has said what becomes of it.
    decided: bool = False
    # A glance at what it was given, once it has failed.
    given: JSON = None


def engine_setting(name: str) -> float:
    return float(settings.ENGINE[name])
