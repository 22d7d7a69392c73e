"""How long a run will still take from each of its nodes: the longest way to its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter

from workflows.graph.compile import CompiledGraph, CompiledNode, is_end


def remaining(graph: CompiledGraph, seconds: Mapping[str, float]) -> dict[str, float]:
    """Of each node the seconds that it and the longest way after it take; nodes that nothing is known of take none."""
    after = {node.id: list(_after(graph, node)) for node in graph.nodes.values()}
    found: dict[str, float] = {}
    for node in TopologicalSorter(after).static_order():
        found[node] = seconds.get(node, 0.0) + max((found[one] for one in after[node]), default=0.0)
    return found


def _after(graph: CompiledGraph, node: CompiledNode) -> Iterator[str]:
    # A container leads into its body, and the end of the body to what follows the container.
    yield from graph.entries.get(node.id, ())
    for target in _targets(node):
        if not is_end(target):
            yield target
        elif container := graph.nodes.get(node.scope):
            yield from (one for one in _targets(container) if not is_end(one))


def _targets(node: CompiledNode) -> Iterator[str]:
    return (target for targets in node.edges.values() for target in targets)
