"""Long jobs that people start and that are not runs: imports, training. Their truth is in their own rows."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Job:
    # By name: training pulls in scikit-learn, which only the process that trains should load.
    run: str
    # Goes to the agent that serves this kind of step.
    like: str


JOBS = {
    "import": Job("crm.services.imports.run_import", like="update_customer"),
    "train": Job("agents.services.models.train_in_background", like="score_churn"),
}
RESUME = ("crm.services.imports.run_pending_imports",)


def run(job: str, argument: int) -> None:
    import_string(JOBS[job].run)(argument)


def resume() -> None:
    """Takes up what a lost message or worker left behind."""
    for job in RESUME:
        import_string(job)()
