"""The graph of one run that grows while it runs: steps are added inside a step that plans them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workflows import registry
from workflows.compiling import compiled
from workflows.engine import run_rows
from workflows.engine.program import Program, actor_for, program_of
from workflows.engine.refs import RunRow
from workflows.graph.document import MAX_NODES, Problem, parse, to_json
from workflows.graph.validate import validate
from workflows.models import RunGraph, Version
from workflows.rights import rights_of
from workflows.steps import JSON, Effect, Expand, StepError

MOST = 100  # steps of one plan


def grow(run: RunRow, program: Program, parent: str, expand: Expand) -> tuple[RunRow, Program]:
    """Puts nodes and edges of a document inside the step `parent`; raises StepError if they are no sound body.

    The plan comes from data, and its steps act with the rights of whoever published: they may be no other kinds of
    step than the publisher named.
    """
    run, program = _as_it_is_now(run, program)
    body = expand.body or {}
    nodes, edges = body.get("nodes"), body.get("edges") or []
    if not isinstance(nodes, list) or not nodes or not all(isinstance(node, dict) for node in nodes):
        raise _unsound("The plan is no list of steps. Give at least one, each with an id and a type.")
    if len(nodes) > MOST or len(nodes) + len(program.graph.nodes) > MAX_NODES:
        raise _unsound(f"The plan has {len(nodes)} steps; {MOST} are allowed.")
    if not isinstance(edges, list):
        raise _unsound("The edges of the plan are no list.")
    for node in nodes:
        if not _is_allowed(node, expand.kinds):
            raise _unsound(f"The step may not plan {str(node.get('type'))[:60]!r}. Allow it in the step's settings.")
    before = document_of(run)
    grown = _grown(before, parent, nodes, edges)
    # What was published is no better or worse for the plan.
    known = _faults(before, program)
    faults = [fault for fault in _faults(grown, program) if fault not in known]
    if faults:
        raise _unsound(f"The plan can't be carried out: {faults[0]['message']}", [dict(fault) for fault in faults[:20]])
    document = parse(grown, registry.aliases())
    graph = RunGraph.objects.create(
        run_id=run.id, document=to_json(document), compiled=compiled(document).to_json(),
        left_out=sorted(program.left_out),
    )  # fmt: skip
    run_rows.set_graph(run.id, graph.pk)
    return replace(run, graph_id=graph.pk), program_of(run.version_id, graph.pk)


def _as_it_is_now(run: RunRow, program: Program) -> tuple[RunRow, Program]:
    """Another branch may have grown the run since it was read; until we commit none will."""
    version_id, graph_id = run_rows.lock_graph(run.id)
    if (version_id, graph_id) == (run.version_id, run.graph_id):
        return run, program
    return replace(run, version_id=version_id, graph_id=graph_id), program_of(version_id, graph_id)


def _is_allowed(node: Mapping[str, JSON], kinds: frozenset[str]) -> bool:
    step_type = registry.find(str(node.get("type")))
    if step_type is None:
        return True  # validation has better words for it
    return step_type.key in kinds if kinds else step_type.effect is Effect.PURE and not step_type.reads


def document_of(run: RunRow) -> dict[str, JSON]:
    """The document that the run follows."""
    if run.graph_id is not None:
        own: dict[str, JSON] = RunGraph.objects.values_list("document", flat=True).get(pk=run.graph_id)
        return own
    published: dict[str, JSON] = Version.objects.values_list("document", flat=True).get(pk=run.version_id)
    return published


def _grown(document: Mapping[str, JSON], parent: str, nodes: list[JSON], edges: list[JSON]) -> dict[str, JSON]:
    inside = [{**node, "parent": parent} for node in nodes]
    return {**document, "nodes": [*document["nodes"], *inside], "edges": [*document["edges"], *edges]}


def _faults(document: JSON, program: Program) -> list[Problem]:
    found = validate(document, registry.by_key(), aliases=registry.aliases(), checks=[rights_of(actor_for(program))])
    return [one for one in found if one.get("severity") != "warning"]


def _unsound(message: str, details: JSON = None) -> StepError:
    return StepError(message, code="plan_invalid", details=details)
