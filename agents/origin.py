"""Where a step's changes to the CRM come from, for timelines."""

from __future__ import annotations

from crm.origin import Origin
from workflows.steps import StepContext


def origin_of(context: StepContext, model: str = "") -> Origin:
    return Origin(run_id=context.run.id, node=context.node, workflow_version=context.run.label, model=model)
