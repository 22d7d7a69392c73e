"""Questions about the ways through a graph: order, cycles, what is before and after a step."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from workflows.graph.document import STEP_REFERENCE, Document


def predecessors(document: Document) -> dict[str, list[str]]:
    """The steps right before each step, for edges between steps that exist; a compensation follows what it undoes."""
    before: dict[str, list[str]] = {
        node.id: [undone for undone in [node.policies.undoes] if undone in document.nodes and undone]
        for node in document.nodes.values()
    }
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


def losers(document: Document, join: str) -> list[str]:
    """The steps from which every way leads to the join: of no use once it has begun. Of maps among them the bodies."""
    after: dict[str, set[str]] = {node: set() for node in document.nodes}
    for edge in document.edges:
        after[edge.source].add(edge.target)
    found = {join}
    for node in reversed(topological_order(document)):
        if after[node] and after[node] <= found:
            found.add(node)
    found.discard(join)
    return sorted(node.id for node in document.nodes.values() if node.id in found or node.parent in found)


def parting(document: Document, join: str) -> str | None:
    """The last step that every way to the join passes; None if the ways have no such step in common."""
    before = predecessors(document)
    through: dict[str, list[str]] = {}
    for node in topological_order(document):
        ways = [through[source] for source in before[node]]
        shared = [step for step in ways[0] if all(step in way for way in ways)] if ways else []
        if node == join:
            return shared[-1] if shared else None
        through[node] = [*shared, node]
    return None


def entries(document: Document, triggers: Iterable[str]) -> list[str]:
    """Where runs begin: at the triggers or, in a document without any, at the steps nothing leads to."""
    before = predecessors(document)
    started = list(triggers)
    return started or [node.id for node in document.body(None) if not before[node.id]]
