"""Draws workflows: creating, saving the draft, importing, switching on and off, deleting."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.text import slugify

from crm import audit
from crm.actors import Actor
from crm.errors import Conflict, FieldProblem, InvalidInput
from crm.permissions import require
from workflows import registry
from workflows.graph.document import DocumentError, Problem, check_limits, parse, to_json
from workflows.models import Run, Workflow
from workflows.services.triggers import reschedule_triggers

JSON = Any
MAX_NAME = 120


class StaleRevision(Conflict):
    """Somebody saved the draft since; carries what they saved."""

    code = "stale_revision"

    def __init__(self, workflow: Workflow) -> None:
        super().__init__(
            f"The draft was saved by somebody else and is now at revision {workflow.revision}. "
            "Load it, and put your changes on top."
        )
        self.revision, self.document = workflow.revision, workflow.draft


@transaction.atomic
def create_workflow(
    *, actor: Actor, name: str, description: str = "", key: str = "", document: JSON = None
) -> Workflow:
    require(actor, "create", Workflow)
    name = _clean_name(name)
    draft = document or {"name": name, "nodes": [], "edges": [], "layout": {}}
    _refuse_unreadable(draft)
    workflow = Workflow.objects.create(
        key=_free_key(key or name),
        name=name,
        description=description.strip()[:500],
        draft=draft,
        owner_id=actor.member_id,
    )
    audit.record_one(actor=actor, action="workflow.create", target=workflow, after=_facts(workflow))
    return workflow


def import_document(*, actor: Actor, document: JSON, key: str = "") -> Workflow:
    """A new workflow from a document, with types known by other names given ours."""
    require(actor, "create", Workflow)
    try:
        read = parse(document, registry.aliases())
    except DocumentError as error:
        raise _unreadable(error) from error
    if not read.name:
        raise InvalidInput("The document has no name.", code="invalid_document")
    return create_workflow(actor=actor, name=read.name, key=key, document=to_json(read))


@transaction.atomic
def save_draft(*, actor: Actor, workflow: Workflow, base_revision: int, document: JSON) -> Workflow:
    """Saves what was drawn on top of `base_revision`; raises StaleRevision if that is no longer the latest."""
    require(actor, "update", workflow)
    _refuse_unreadable(document)
    name = str(document.get("name") or "").strip()[:MAX_NAME] or workflow.name
    before = Workflow.objects.filter(pk=workflow.pk).values_list("draft", flat=True).get()
    saved = Workflow.objects.filter(pk=workflow.pk, revision=base_revision).update(
        draft=document, name=name, revision=F("revision") + 1, draft_saved_at=Now()
    )
    workflow.refresh_from_db()
    if not saved:
        raise StaleRevision(workflow)
    audit.record_one(
        actor=actor,
        action="workflow.save_draft",
        target=workflow,
        before={"revision": base_revision},
        after={"revision": workflow.revision, **_changed_steps(before, document)},
    )
    return workflow


@transaction.atomic
def describe_workflow(*, actor: Actor, workflow: Workflow, name: str, description: str) -> Workflow:
    require(actor, "update", workflow)
    locked = Workflow.objects.select_for_update().get(pk=workflow.pk)
    before = _facts(locked)
    locked.name, locked.description = _clean_name(name), description.strip()[:500]
    locked.draft = {**locked.draft, "name": locked.name}
    locked.revision += 1
    locked.save(update_fields=["name", "description", "draft", "revision"])
    audit.record_one(actor=actor, action="workflow.describe", target=locked, before=before, after=_facts(locked))
    return locked


@transaction.atomic
def set_enabled(*, actor: Actor, workflow: Workflow, enabled: bool) -> Workflow:
    """Whether triggers start runs. Schedules go on from now: what was missed while off stays missed."""
    require(actor, "publish", workflow)
    locked = Workflow.objects.select_for_update().get(pk=workflow.pk)
    if locked.enabled == enabled:
        return locked
    locked.enabled = enabled
    locked.save(update_fields=["enabled"])
    if enabled:
        reschedule_triggers(workflow=locked)
    audit.record_one(
        actor=actor,
        action="workflow.enable" if enabled else "workflow.disable",
        target=locked,
        before={"enabled": not enabled},
        after={"enabled": enabled},
    )
    return locked


@transaction.atomic
def delete_workflow(*, actor: Actor, workflow: Workflow) -> None:
    """Only a workflow that never ran: history is kept."""
    require(actor, "delete", workflow)
    locked = Workflow.objects.select_for_update().get(pk=workflow.pk)
    if Run.objects.filter(workflow=locked).exists():
        raise Conflict("This workflow has run, and its history is kept. Switch it off instead.", code="has_runs")
    audit.record_one(actor=actor, action="workflow.delete", target=locked, before=_facts(locked))
    locked.delete()


def _facts(workflow: Workflow) -> dict[str, JSON]:
    return {"key": workflow.key, "name": workflow.name, "description": workflow.description}


def _clean_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > MAX_NAME:
        raise InvalidInput(
            f"Give the workflow a name of at most {MAX_NAME} characters.",
            errors=[{"field": "name", "code": "bad_name", "message": "Between 1 and 120 characters."}],
        )
    return name


def _refuse_unreadable(document: JSON) -> None:
    """A draft may be unfinished, but must be a document and of a size that can be kept."""
    try:
        check_limits(document)
    except DocumentError as error:
        raise _unreadable(error) from error


def _unreadable(error: DocumentError) -> InvalidInput:
    return InvalidInput(
        f"This can't be read as a workflow: {error}",
        code="invalid_document",
        errors=[
            {
                "node": found["node"] or "",
                "field": found["field"] or "",
                "code": found["code"],
                "message": found["message"],
            }
            for found in error.problems[:100]
        ],
    )


def as_faults(problems: Iterable[Problem]) -> list[FieldProblem]:
    return [
        {"node": one["node"] or "", "field": one["field"] or "", "code": one["code"], "message": one["message"]}
        for one in problems
    ]


def unpublishable(problems: list[Problem]) -> InvalidInput:
    faults = [found for found in problems if found.get("severity") != "warning"]
    word = "problem" if len(faults) == 1 else "problems"
    return InvalidInput(
        f"The draft has {len(faults)} {word}: {faults[0]['message']}", code="invalid_workflow", errors=as_faults(faults)
    )


def _free_key(wanted: str) -> str:
    key = slugify(wanted)[:70] or "workflow"
    if key.isdigit() or key in ("import", "new"):
        key = f"w-{key}"  # an address with only digits is an id, and these are addresses of their own
    taken = set(Workflow.objects.filter(key__startswith=key).values_list("key", flat=True))
    numbered = (f"{key}-{number}" for number in range(2, len(taken) + 3))
    return next(free for free in (key, *numbered) if free not in taken)


def _changed_steps(before: JSON, after: JSON) -> dict[str, list[str]]:
    """The steps that a save added, removed and changed; where they stand on the canvas does not count."""
    old, new = _by_id(before), _by_id(after)
    changes = {
        "added": sorted(new.keys() - old.keys()),
        "removed": sorted(old.keys() - new.keys()),
        "changed": sorted(node for node in new.keys() & old.keys() if new[node] != old[node]),
    }
    return {name: nodes[:50] for name, nodes in changes.items() if nodes}


def _by_id(document: JSON) -> dict[str, JSON]:
    nodes = document.get("nodes", []) if isinstance(document, dict) else []
    return {str(node.get("id")): node for node in nodes if isinstance(node, dict)}
