"""Workflows and their versions, with what the reader may do with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from crm.actors import Actor
from crm.errors import NotFound
from crm.permissions import can, scope
from workflows import registry
from workflows.graph.document import parse
from workflows.graph.paths import input_keys
from workflows.models import Run, Version, Workflow
from workflows.selectors.runs import shown_state, visible_runs
from workflows.selectors.triggers import count_refused, in_words

JSON = Any


@dataclass(frozen=True)
class WorkflowRow:
    """A workflow as the list shows it."""

    workflow: Workflow
    last_run: Run | None
    starts: list[str]  # what starts it, in words
    has_changes: bool  # the draft was saved after the last publication
    may_start: bool  # a person can start it as it stands
    refused: int  # starts that could not be

    @property
    def last_run_state(self) -> str:
        return shown_state(self.last_run) if self.last_run else ""


def visible_workflows(actor: Actor) -> QuerySet[Workflow]:
    return scope(actor, Workflow.objects.select_related("published", "published__published_by", "owner"), "read")


def get_workflow(*, actor: Actor, key: str) -> Workflow:
    """By its id or its key."""
    wanted = {"pk": int(key)} if key.isascii() and key.isdigit() and len(key) < 19 else {"key": key}
    # Postgres takes no NUL in a text, not even to look for it.
    workflow = None if "\x00" in key else visible_workflows(actor).filter(**wanted).first()
    if workflow is None:
        raise NotFound("There is no such workflow.")
    return workflow


def list_workflows(*, actor: Actor, search: str = "") -> list[WorkflowRow]:
    found = visible_workflows(actor).prefetch_related("triggers")
    if search:
        found = found.filter(name__icontains=search)
    latest = Run.objects.filter(workflow=OuterRef("pk")).order_by("-id").values("pk")[:1]
    workflows = list(found.annotate(last_run_id=Subquery(latest))[:500])
    refused = count_refused(workflows)
    ids = [getattr(workflow, "last_run_id", None) for workflow in workflows]
    runs = {run.pk: run for run in visible_runs(actor).filter(pk__in=[key for key in ids if key])}
    return [
        WorkflowRow(
            workflow=workflow,
            last_run=runs.get(key) if key else None,
            starts=[in_words(trigger) for trigger in workflow.triggers.all()],
            has_changes=has_changes(workflow),
            may_start=workflow.published is not None and _may_start(workflow.published),
            refused=refused.get(workflow.pk, 0),
        )
        for workflow, key in zip(workflows, ids, strict=True)
    ]


def has_changes(workflow: Workflow) -> bool:
    return workflow.published is None or workflow.draft_saved_at > workflow.published.published_at


BY_PERSON = ("trigger_person", "trigger_schedule")


def _may_start(version: Version) -> bool:
    """It waits for no event, and its sample input has all that it needs."""
    document = parse(version.document)
    triggers = [node.type for node in document.nodes.values() if node.type.startswith("trigger_")]
    given = document.sample_input if isinstance(document.sample_input, dict) else {}
    by_person = not triggers or any(kind in BY_PERSON for kind in triggers)
    return by_person and all(key in given for key in input_keys(document))


def rights_on(actor: Actor, workflow: Workflow) -> dict[str, bool]:
    return {
        "edit": can(actor, "update", workflow),
        "publish": can(actor, "publish", workflow),
        "run": workflow.published_id is not None and can(actor, "run", workflow),
        "delete": can(actor, "delete", workflow),
    }


def get_version(*, actor: Actor, workflow: Workflow, number: int) -> Version:
    version = visible_versions(actor, workflow).filter(number=number).first()
    if version is None:
        raise NotFound(f"{workflow.name} has no version {number}.")
    return version


def visible_versions(actor: Actor, workflow: Workflow) -> QuerySet[Version]:
    return scope(actor, workflow.versions.select_related("published_by").order_by("-number"), "read")


def step_types() -> list[dict[str, JSON]]:
    """The step types as the designer needs them."""
    return [
        {
            "key": found.key,
            "title": found.title,
            "family": found.family,
            "description": found.description,
            "effect": found.effect,
            "ports": list(found.ports),
            "dynamic_ports": found.dynamic_ports,
            "container": found.container,
            "repeats": found.repeats,
            "grows": found.grows,
            "waits": found.waits,
            "only_at_top": found.only_at_top,
            "cacheable": found.cacheable,
            "can_probe": found.can_probe,
            "schema": found.config.model_json_schema(),
            "output_schema": found.output,
            "icon": found.icon,
        }
        for found in sorted(registry.all_types(), key=lambda one: (one.family, one.title))
    ]
