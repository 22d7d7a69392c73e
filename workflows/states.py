"""The states of runs and steps, and which may follow which."""

from __future__ import annotations

from django.db.models import TextChoices


class RunState(TextChoices):
    RUNNING = "RUNNING", "Running"  # -> any of the others
    SUCCEEDED = "SUCCEEDED", "Succeeded"
    FAILED = "FAILED", "Failed"
    CANCELLED = "CANCELLED", "Cancelled"


class StepState(TextChoices):
    PENDING = "PENDING", "Not reached"  # waits for edges -> READY, SKIPPED, CANCELLED
    READY = "READY", "Queued"  # may be claimed -> RUNNING
    RUNNING = "RUNNING", "Running"  # leased -> an end, WAITING, UNCERTAIN, DEAD
    WAITING = "WAITING", "Waiting"  # timer, backoff, approval, items -> READY
    UNCERTAIN = "UNCERTAIN", "Uncertain"  # an effect may have happened; a person decides -> READY, SUCCEEDED, FAILED
    SUCCEEDED = "SUCCEEDED", "Succeeded"
    SKIPPED = "SKIPPED", "Skipped"
    FAILED = "FAILED", "Failed"
    CANCELLED = "CANCELLED", "Cancelled"
    DEAD = "DEAD", "Dead"  # its worker crashed too often; a person may retry -> READY


OPEN = (StepState.READY, StepState.RUNNING, StepState.WAITING, StepState.UNCERTAIN)
ENDED = (StepState.SUCCEEDED, StepState.SKIPPED, StepState.FAILED, StepState.CANCELLED, StepState.DEAD)


class WaitFor(TextChoices):
    """Why a step is WAITING."""

    NOTHING = "", "nothing"
    TIME = "time", "a time"
    RETRY = "retry", "its next try"
    PERSON = "person", "a person"
    ITEMS = "items", "its items"
    RUN = "run", "a run that it started"
    EVENT = "event", "an event"
    LIMIT = "limit", "its turn"
    DECISION = "decision", "a person's decision"
    PROBE = "probe", "an answer whether it happened"
    REPLACED = "replaced", "its end: a newer one took its place"


# Answered by a signal.
FOR_ANSWER = (WaitFor.PERSON, WaitFor.RUN, WaitFor.EVENT)
