"""Documents to be compared or tried: of a version, or of the draft."""

from __future__ import annotations

from crm.actors import Actor
from crm.errors import Conflict, InvalidInput
from workflows import registry
from workflows.graph.document import Document, DocumentError, parse
from workflows.models import Workflow
from workflows.selectors.workflows import get_version

DRAFT = "draft"


def draft_of(workflow: Workflow) -> Document:
    try:
        return parse(workflow.draft, registry.aliases())
    except DocumentError as error:
        raise Conflict(f"The draft of “{workflow.name}” can't be read yet: {error}", code="unreadable_draft") from error


def document_of(*, actor: Actor, workflow: Workflow, which: str) -> Document:
    """By a version's number, or “draft”."""
    if which == DRAFT:
        return draft_of(workflow)
    if not which.isascii() or not which.isdigit() or len(which) > 9:
        raise InvalidInput("Name two versions by number, or the draft: ?from=2&to=draft.", code="bad_version")
    version = get_version(actor=actor, workflow=workflow, number=int(which))
    return parse(version.document, registry.aliases())
