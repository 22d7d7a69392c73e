"""Small workflows, published and carried out in this process."""

from __future__ import annotations

from typing import Any

from agents import executor
from agents.worker import STRANGER
from crm.actors import Actor
from workflows import registry
from workflows.engine.sweep import ready_steps
from workflows.models import Run, Step, StepResult
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document


def start(actor: Actor, nodes: dict[str, Any], *edges: str, given: Any = None) -> Run:
    """Starts {id: (type, config)} joined by "a b" or, by a port, "a yes b"; nothing is carried out yet."""
    document = {
        "name": "Test",
        "nodes": [_node(key, node) for key, node in nodes.items()],
        "edges": [_edge(edge.split()) for edge in edges],
    }
    workflow = import_document(actor=actor, document=document)
    publish(actor=actor, workflow=workflow)
    workflow.refresh_from_db()
    return start_run(actor=actor, workflow=workflow, input=given)


def carry_out(actor: Actor, nodes: dict[str, Any], *edges: str, given: Any = None) -> Run:
    """Starts a run and works until nothing is ready any more."""
    run = start(actor, nodes, *edges, given=given)
    work_off()
    run.refresh_from_db()
    return run


def work_off(limit: int = 200) -> None:
    while refs := ready_steps([one.key for one in registry.all_types()]):
        for ref in refs:
            executor.work(ref, STRANGER)
            limit -= 1
            assert limit, "the run does not come to an end"


def output(run: Run, node: str) -> Any:
    return StepResult.objects.get(run_id=run.pk, node=node, item=0).output


def state(run: Run, node: str) -> str:
    return str(Step.objects.get(run_id=run.pk, node=node, item=0).state)


def _node(key: str, node: Any) -> dict[str, Any]:
    if isinstance(node, dict):
        return {"id": key, **node}
    kind, config = node if isinstance(node, tuple) else (node, {})
    return {"id": key, "type": kind, "config": config}


def _edge(parts: list[str]) -> dict[str, str]:
    return {"from": parts[0], "to": parts[-1], **({"port": parts[1]} if len(parts) == 3 else {})}
