"""Turns records into the API's answers."""

from __future__ import annotations

from typing import Any

from crm.actors import Actor
from crm.permissions import can
from workflows.models import Approval, Run, Version, Workflow
from workflows.selectors.approvals import ItemPage
from workflows.selectors.run_steps import steps_of
from workflows.selectors.runs import may_see_values, shown_error, shown_state
from workflows.selectors.triggers import addresses_of
from workflows.selectors.workflows import rights_on
from workflows.services.approvals import may_decide
from workflows.services.versions import problems_of
from workflows.states import RunState

JSON = Any
Answer = dict[str, JSON]


def workflow_summary(workflow: Workflow) -> Answer:
    return {
        "id": workflow.pk,
        "key": workflow.key,
        "name": workflow.name,
        "description": workflow.description,
        "revision": workflow.revision,
        "enabled": workflow.enabled,
        "published": published(workflow.published) if workflow.published else None,
    }


def workflow(actor: Actor, found: Workflow) -> Answer:
    return {
        **workflow_summary(found),
        "saved_at": found.draft_saved_at,
        "draft": found.draft,
        "problems": problems_of(found.draft),
        "rights": rights_on(actor, found),
        "webhooks": addresses_of(found),
    }


def published(version: Version) -> Answer:
    by = version.published_by
    return {"number": version.number, "at": version.published_at, "by": str(by) if by else None}


def version(found: Version) -> Answer:
    return {
        **published(found),
        "note": found.note,
        "sha256": found.sha256,
        "steps": len(found.document["nodes"]),
    }


def run_summary(run: Run) -> Answer:
    return {
        "id": run.pk,
        "number": run.number,
        "workflow": run.workflow.name,
        "workflow_id": run.workflow_id,
        "workflow_key": run.workflow.key,
        "version": run.version.number,
        "state": shown_state(run),
        "trigger": run.trigger,
        "started_by": run.started_by,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
    }


def run(actor: Actor, found: Run) -> Answer:
    seen = may_see_values(actor)
    return {
        **run_summary(found),
        "input": found.input if seen else None,
        "output": found.output if seen else None,
        "error": shown_error(actor, found.error),
        "steps": steps_of(actor=actor, run=found),
        # Once steps were added to the run it has a graph of its own.
        "document": found.graph.document if found.graph and seen else found.version.document,
        "rights": {
            "cancel": found.state == RunState.RUNNING and can(actor, "cancel", found),
            "decide": can(actor, "retry", found),
        },
    }


def approval_summary(actor: Actor, found: Approval) -> Answer:
    return {
        "id": found.pk,
        "title": found.title,
        "state": found.state,
        "role": found.role,
        "workflow": found.workflow.name,
        "workflow_id": found.workflow_id,
        "run_id": found.run_id,
        "run_number": found.run_number,
        "node": found.node,
        "customer": found.customer_id,
        "item_count": getattr(found, "item_count", 0),
        "created_at": found.created_at,
        "due_at": found.due_at,
        "decided_at": found.decided_at,
        "decided_by": str(found.decided_by) if found.decided_by else None,
        "may_decide": may_decide(actor, found),
    }


def approval(actor: Actor, found: Approval, items: ItemPage) -> Answer:
    return {
        **approval_summary(actor, found),
        "instructions": found.instructions,
        "what_will_happen": found.what_will_happen,
        "form": found.form,
        "answers": found.answers,
        "reason": found.reason,
        "struck": found.struck,
        "items": [item for _, item in items.items],
        "items_start": items.start,
        "items_next": items.next,
    }
