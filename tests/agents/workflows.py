"""Small workflows, published and carried out in this process."""

from __future__ import annotations

from typing import Any

from crm.actors import Actor
from tests.workflows.engine.conftest import document_of, work_off
from workflows.models import Run
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document


def start(actor: Actor, nodes: dict[str, Any], *edges: str, given: Any = None) -> Run:
    """Starts {id: (type, config)} joined by "a b" or, by a port, "a yes b"; nothing is carried out yet."""
    workflow = import_document(actor=actor, document=document_of(nodes, *edges))
    publish(actor=actor, workflow=workflow)
    workflow.refresh_from_db()
    return start_run(actor=actor, workflow=workflow, input=given)


def carry_out(actor: Actor, nodes: dict[str, Any], *edges: str, given: Any = None) -> Run:
    """Starts a run and works until nothing is ready any more."""
    run = start(actor, nodes, *edges, given=given)
    work_off()
    run.refresh_from_db()
    return run
