"""Runs that a step of another run starts."""

from __future__ import annotations

from crm.permissions import require
from workflows.engine.refs import StepRef
from workflows.engine.start import AlreadyStarted, start
from workflows.models import Run, Workflow
from workflows.steps import JSON, StepContext, StepError

DEEPEST = 10


def start_sub_run(*, context: StepContext, workflow: str, given: dict[str, JSON], waits: bool) -> Run:
    """In the step's transaction; however often the step is tried, there is one."""
    found = Workflow.objects.filter(key=workflow).first()
    if found is None or found.published_id is None:
        raise StepError(f"There is no published workflow {workflow!r}.", code="no_workflow")
    require(context.run.actor, "run", found)
    if context.run.depth >= DEEPEST:
        raise StepError(f"Runs start each other at most {DEEPEST} deep.", code="too_deep")
    try:
        return start(
            version_id=found.published_id, given=given, started_by=(context.run.actor.id, context.run.label),
            key=f"step:{context.run.id}:{context.node}:{context.index}", depth=context.run.depth + 1,
            parent=StepRef(context.run.id, context.node, context.item), parent_waits=waits,
        )  # fmt: skip
    except AlreadyStarted as already:
        return Run.objects.get(pk=already.run_id)
