"""The pool of an agent that computes: processes, and word at once when one of them dies in the middle of a step."""

from __future__ import annotations

from celery.concurrency import asynpool, prefork


class Pool(asynpool.AsynPool):
    def on_job_process_lost(self, job: object, pid: int, exitcode: int) -> None:
        """Celery itself waits for a result that may be on its way; nobody else may take the same step meanwhile."""
        from agents import worker  # Celery reads its options, and so this file, before Django is ready

        super().on_job_process_lost(job, pid, exitcode)
        worker.lost_a_process()


class TaskPool(prefork.TaskPool):
    Pool = Pool
