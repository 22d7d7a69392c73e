"""What a worker takes next. A message says that a step is ready; which ready step comes first is the agent's to say.

A message is worth one step: it makes its worker take the first in line, and where the line is empty the step that it
names. The line is asked for rarely, and not at all where steps go in the order in which they came.

A message may be lost, with a process that dies or in the broker. Then there is always one step more than there are
messages, and with each new one another step that waits too long. So who finds that the first in line has waited
longer than messages take carries it out first, beside what its own message is worth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from threading import Lock
from time import monotonic

from agents import executor, routing
from agents.routing import Profile
from workflows.engine import wake
from workflows.engine.line import MOST, Strategy, Waiting, line, next_steps
from workflows.engine.refs import StepRef, WorkerInfo
from workflows.models import Step
from workflows.states import StepState

FRESH_SECONDS = 0.5
SHARE = 0.05  # of the time may go into asking,
IDLE_SECONDS = 0.02  # but who found nothing to do has the time
LATE_SECONDS = 0.3  # no message takes so long while there are free workers
TRIES = 5  # what others took in the meantime


class Agenda:
    """The first in line as this process knows them."""

    def __init__(self) -> None:
        self._line: deque[Waiting] = deque()
        self._known: frozenset[StepRef] = frozenset()
        self._asked = float("-inf")
        self._cost = 0.0
        self._lock = Lock()  # an agent may work in threads

    def take(self, profile: Profile, *, anew: bool = False) -> StepRef | None:
        with self._lock:
            self._keep_fresh(profile, IDLE_SECONDS if anew else self._patience())
            return self._line.popleft().ref if self._line else None

    def take_late(self, profile: Profile) -> StepRef | None:
        """The first in line, if its message seems to be lost."""
        with self._lock:
            self._keep_fresh(profile, self._patience())
            if not self._line or self._line[0].seconds + monotonic() - self._asked < LATE_SECONDS:
                return None
            return self._line.popleft().ref

    def has_better(self, named: StepRef, profile: Profile) -> bool:
        """Whether others come first. One that became ready after the line was asked for goes by its own message,
        else its message might be spent on another while nobody knows of it; unless the line is longer than known.
        """
        with self._lock:
            self._keep_fresh(profile, self._patience())
            return bool(self._line) and (named in self._known or len(self._known) == MOST)

    def _patience(self) -> float:
        return max(FRESH_SECONDS, self._cost / SHARE)

    def _keep_fresh(self, profile: Profile, seconds: float) -> None:
        if monotonic() - self._asked <= seconds:
            return
        begun = monotonic()
        self._line = deque(line(profile.kinds, profile.strategy))
        self._known = frozenset(waiting.ref for waiting in self._line)
        self._asked = monotonic()
        self._cost = self._asked - begun


_agenda = Agenda()


def carry_out(named: StepRef, worker: WorkerInfo) -> bool:
    """Takes a step because of a message; False if there was none left to take."""
    profile = routing.profile(worker.agent)
    if profile is None:
        return executor.work(named, worker)
    if profile.strategy is Strategy.LOAD:
        candidates: Iterable[StepRef] = [named]
    else:
        if late := _agenda.take_late(profile):
            executor.work(late, worker, careful=True)
        candidates = _candidates(named, profile)
    # What is ready without a message of its own may have killed the worker that had it: its claim must count.
    worked = any(executor.work(ref, worker, careful=ref != named) for ref in candidates)
    if worked and profile.places:
        _announce(profile)
    return worked


def _announce(profile: Profile) -> None:
    """Places are free again, for steps whose messages were in vain."""
    waiting = next_steps(profile.kinds, profile.strategy)[: profile.capacity]
    kinds = Step.objects.filter(state=StepState.READY)
    found = [(ref, kinds.filter(run_id=ref.run_id, node=ref.node, item=ref.item)) for ref in waiting]
    wake.after_commit([(step.kind, ref) for ref, rows in found for step in rows])


def _candidates(named: StepRef, profile: Profile) -> Iterator[StepRef]:
    if _agenda.has_better(named, profile):
        yield from _in_line(profile)
        yield named
    else:
        yield named
        yield from _in_line(profile)
    # The named one went to a message that named another: that one may still be there, and no other tells of it.
    for _ in range(TRIES):
        if (ref := _agenda.take(profile, anew=True)) is None:
            return
        yield ref


def _in_line(profile: Profile) -> Iterator[StepRef]:
    for _ in range(TRIES):
        ref = _agenda.take(profile)
        if ref is None:
            return
        yield ref
