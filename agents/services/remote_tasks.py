"""Tasks that other agents give us: each is a run of a published workflow, under an id of the caller's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from crm import audit
from crm.actors import Actor
from crm.errors import Conflict, InvalidInput, NotFound
from crm.permissions import can, require
from workflows.models import Run, RunKey, Workflow
from workflows.services.runs import start_run
from workflows.states import RunState

JSON = Any
# What fits into the key of a run beside the member's id, and into a log's line.
TASK_ID = re.compile(r"[A-Za-z0-9._:~-]{1,120}")
MOST_METADATA = 20
LONGEST_METADATA = 200


@dataclass(frozen=True)
class Task:
    """How a task stands: the run behind it as its caller sees it."""

    task_id: str
    state: str
    output: JSON
    error_code: str
    error_message: str

    @property
    def has_output(self) -> bool:
        return self.state == RunState.SUCCEEDED


def execute_task(
    *, actor: Actor, task_id: str, agent_type: str, input: JSON, metadata: Mapping[str, str] | None = None
) -> Task:
    """Starts the workflow with the key `agent_type`; the same task id again answers the same run."""
    require(actor, "run", "workflow")
    _check(task_id, metadata or {})
    known = _find(actor, task_id)
    if known is not None:
        if known.workflow.key != agent_type:
            message = f"The task id {task_id} was used for {known.workflow.key}. Give each task an id of its own."
            raise Conflict(message, code="task_id_used")
        return _shown(task_id, known)
    workflow = Workflow.objects.filter(key=agent_type[:80].replace("\x00", "")).first()
    if workflow is None:
        raise NotFound(f"There is no agent type {agent_type[:80]!r}: no workflow has this key.", code="no_agent_type")
    with transaction.atomic():
        run = start_run(actor=actor, workflow=workflow, input=input, key=_key(actor, task_id))
        after = {"task_id": task_id, "agent_type": agent_type, **({"metadata": dict(metadata)} if metadata else {})}
        audit.record_one(actor=actor, action="task.accepted", target=run, after=after)
    run.refresh_from_db()
    return _shown(task_id, run)


def task_status(*, actor: Actor, task_id: str) -> Task:
    require(actor, "read", "run")
    run = _find(actor, task_id) if TASK_ID.fullmatch(task_id) else None
    if run is None or not can(actor, "read", run):
        raise NotFound(f"There is no task {task_id[:40]!r} of yours.", code="no_task")
    return _shown(task_id, run)


def _check(task_id: str, metadata: Mapping[str, str]) -> None:
    if not TASK_ID.fullmatch(task_id):
        message = "The task id has 1 to 120 letters, digits or . _ : ~ -, such as a UUID."
        raise InvalidInput(message, code="bad_task_id")
    texts = [*metadata.keys(), *metadata.values()]
    if len(metadata) > MOST_METADATA or any(len(text) > LONGEST_METADATA or "\x00" in text for text in texts):
        message = f"At most {MOST_METADATA} entries of metadata, each at most {LONGEST_METADATA} characters long."
        raise InvalidInput(message, code="bad_metadata")


def _key(actor: Actor, task_id: str) -> str:
    """Each caller's ids are its own: nobody reaches or blocks another's task by guessing."""
    return f"task:{actor.id}:{task_id}"


def _find(actor: Actor, task_id: str) -> Run | None:
    # The index of keys begins with the workflow.
    keys = RunKey.objects.filter(workflow_id__in=Workflow.objects.values("pk"), key=_key(actor, task_id))
    run_id = keys.values_list("run_id", flat=True).first()
    return None if run_id is None else Run.objects.select_related("workflow").filter(pk=run_id).first()


def _shown(task_id: str, run: Run) -> Task:
    error: dict[str, Any] = {}
    if run.state == RunState.FAILED:
        error = run.error or {"code": "failed", "message": "The run failed."}
    return Task(
        task_id, run.state, run.output if run.state == RunState.SUCCEEDED else None,
        str(error.get("code", "")), str(error.get("message", "")),
    )  # fmt: skip
