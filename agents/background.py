"""Long jobs that people start and that are not runs: imports, training. Their truth is in their own rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agents.services.models import train_in_background
from crm.services.imports import run_import, run_pending_imports


@dataclass(frozen=True)
class Job:
    run: Callable[[int], object]
    # Goes to the agent that serves this kind of step.
    like: str


JOBS = {
    "import": Job(run_import, like="update_customer"),
    "train": Job(train_in_background, like="score_churn"),
}


def run(job: str, argument: int) -> None:
    JOBS[job].run(argument)


def resume() -> None:
    """Takes up what a lost message or worker left behind."""
    run_pending_imports()
