"""Long jobs that people start and that are not runs: imports, training. Their truth is in their own rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Job:
    # By name: training pulls in scikit-learn, which only the process that trains should load.
    run: str
    # Takes up what a lost message or worker left behind.
    resume: str
    # Goes to the agent that serves this kind of step.
    like: str


JOBS = {
    "import": Job("crm.services.imports.run_import", "crm.services.imports.run_pending_imports", "update_customer"),
    "train": Job(
        "agents.services.training.run_training", "agents.services.training.run_pending_trainings", "score_churn"
    ),
    "simulate": Job(
        "agents.services.simulations.run_simulation",
        "agents.services.simulations.run_pending_simulations",
        "aggregate",
    ),
    "runs": Job(
        "workflows.services.run_batches.run_batch", "workflows.services.run_batches.run_pending_batches", "aggregate"
    ),
}


def run(job: str, argument: int) -> None:
    import_string(JOBS[job].run)(argument)


def resume(serves: Callable[[str], bool]) -> None:
    """Takes up what is left of the jobs that this process may do."""
    for job in JOBS.values():
        if serves(job.like):
            import_string(job.resume)()
