"""Questions about the ways through a graph: order, cycles, what is before and after a step."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from workflows.graph.document import STEP_REFERENCE, Document


def predecessors(document: Document) -> dict[str, list[str]]:
    """The steps right before each step, for edges between steps that exist."""
    before: dict[str, list[str]] = {node: [] for node in document.nodes}
    for edge in document.edges:
        if edge.source in before and edge.target in before and edge.source not in before[edge.target]:
            before[edge.target].append(edge.source)
    return before


def topological_order(document: Document) -> list[str]:
    """Every step after those before it; raises graphlib.CycleError with the cycle."""
    return list(TopologicalSorter(predecessors(document)).static_order())


def find_cycle(document: Document) -> list[str]:
    try:
        topological_order(document)
    except CycleError as error:
        cycle: list[str] = error.args[1]
        return cycle
    return []


def upstream(document: Document) -> dict[str, frozenset[str]]:
    """The steps whose output each step may read; a map's body also reads what comes before the map."""
    before = predecessors(document)
    known: dict[str, frozenset[str]] = {}
    for node in topological_order(document):
        known[node] = frozenset(before[node]).union(*(known[source] for source in before[node]))
    of_parents = {parent: known[parent] for parent in document.nodes if document.body(parent)}
    return {
        node: known[node] | of_parents.get(document.nodes[node].parent or "", frozenset()) for node in document.nodes
    }


def input_keys(document: Document) -> list[str]:
    """The keys that a run's input must have, by the schema and by the steps' `inputs`."""
    schema = document.input_schema if isinstance(document.input_schema, dict) else {}
    required = schema.get("required")
    named = [
        reference.partition(".")[0]
        for node in document.nodes.values()
        for reference in node.inputs
        if not STEP_REFERENCE.match(reference)
    ]
    return sorted({*named, *(required if isinstance(required, list) else [])})


def reachable(document: Document, entries: Iterable[str]) -> set[str]:
    """The steps that some way from `entries` leads to; a map leads to its whole body's entries."""
    following: dict[str, list[str]] = {node: [] for node in document.nodes}
    for target, sources in predecessors(document).items():
        for source in sources:
            following[source].append(target)
        parent = document.nodes[target].parent
        if parent in following and not sources:
            following[parent].append(target)
    found, queue = set(entries), list(entries)
    while queue:
        new = set(following[queue.pop()]) - found
        found |= new
        queue += new
    return found


def entries(document: Document, triggers: Iterable[str]) -> list[str]:
    """Where runs begin: at the triggers or, in a document without any, at the steps nothing leads to."""
    before = predecessors(document)
    started = list(triggers)
    return started or [node.id for node in document.body(None) if not before[node.id]]
