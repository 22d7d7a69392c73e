"""Publishes drafts as numbered versions that never change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max

from crm import audit
from crm.actors import Actor
from crm.errors import InvalidInput
from crm.permissions import require
from workflows import registry
from workflows.compiling import compiled
from workflows.graph.document import Document, Problem, parse, to_json
from workflows.graph.validate import is_publishable, validate
from workflows.models import Version, Workflow
from workflows.rights import rights_of
from workflows.services.cases import Report, as_problems, check_cases
from workflows.services.trigger_checks import check_trigger
from workflows.services.triggers import rewrite_triggers
from workflows.services.workflows import StaleRevision, unpublishable

JSON = Any


@dataclass(frozen=True)
class Published:
    version: Version
    # The secret of each new webhook by its node: shown this once.
    secrets: dict[str, str] = field(default_factory=dict)
    # What came of the workflow's cases; none were carried out where the version was there already.
    report: Report | None = None


def problems_of(document: JSON, publisher: Actor | None = None) -> list[Problem]:
    """What stands between a draft and its publication, by the publisher's rights too where one is named."""
    checks = [check_trigger, *([rights_of(publisher)] if publisher else [])]
    return validate(document, registry.by_key(), aliases=registry.aliases(), checks=checks)


@transaction.atomic
def publish(
    *, actor: Actor, workflow: Workflow, base_revision: int | None = None, note: str = "", ignore_cases: bool = False
) -> Published:
    """Publishes the draft if its cases pass; the same draft by the same member again is the version there is."""
    require(actor, "publish", workflow)
    chosen = Workflow.objects.select_for_update(of=("self",), no_key=True)
    locked = chosen.select_related("published").get(pk=workflow.pk)
    if base_revision is not None and base_revision != locked.revision:
        raise StaleRevision(locked)
    problems = problems_of(locked.draft, actor)
    if not is_publishable(problems):
        raise unpublishable(problems)
    document = parse(locked.draft, registry.aliases())
    digest = sha256_of(document)
    current = locked.published
    if current and current.sha256 == digest and current.published_by_id == actor.member_id:
        return Published(current)
    report = check_cases(workflow=locked, document=document)
    if report.failed and not ignore_cases:
        raise _failing(report)
    version = _add_version(actor, locked, document, digest, note)
    fresh = rewrite_triggers(workflow=locked, document=document)
    audit.record_one(
        actor=actor,
        action="workflow.publish",
        target=locked,
        before={"version": current.number if current else None},
        after={
            "version": version.number, "sha256": digest, "note": version.note, "revision": locked.revision,
            **({"failing_cases": [result.name for result in report.failed]} if report.failed else {}),
        },
    )  # fmt: skip
    workflow.refresh_from_db()
    return Published(version, fresh, report)


def sha256_of(document: Document) -> str:
    text = json.dumps(to_json(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _add_version(actor: Actor, workflow: Workflow, document: Document, digest: str, note: str) -> Version:
    highest = workflow.versions.aggregate(number=Max("number"))["number"] or 0
    version = Version.objects.create(
        workflow=workflow,
        number=highest + 1,
        document=to_json(document),
        compiled=compiled(document).to_json(),
        sha256=digest,
        note=note.strip()[:300],
        published_by_id=actor.member_id,
    )
    workflow.published = version
    workflow.save(update_fields=["published"])
    return version


def _failing(report: Report) -> InvalidInput:
    faults, failed = as_problems(report), len(report.failed)
    words = "One case fails" if failed == 1 else f"{failed} cases fail"
    return InvalidInput(
        f"{words}. {faults[0]['message']} Mend the draft, or save the case again.",
        code="case_failed",
        errors=faults,
    )
