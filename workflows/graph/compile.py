"""A document made ready to run: joins counted, ends found, nodes in order. Pure data, kept with the version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from workflows.graph.document import Document, Node, Retry

JSON = Any
TOP = ""
# The join that ends a run, and with a map's id behind it the one that ends a chunk of its items.
END = "$end"


def end_of(scope: str) -> str:
    return f"{END}:{scope}" if scope else END


def is_end(node: str) -> bool:
    return node.startswith(END)


@dataclass(frozen=True)
class CompiledNode:
    id: str
    type: str
    label: str
    config: Mapping[str, JSON]
    inputs: tuple[str, ...]
    scope: str  # the map that it is in, or TOP
    retry: Retry | None
    incoming: int  # edges to be resolved before it is ready
    sources: tuple[tuple[str, str], ...]  # (node, port) of its edges
    edges: Mapping[str, tuple[str, ...]]  # port -> targets; a node without any leads to its scope's end


@dataclass(frozen=True)
class CompiledGraph:
    nodes: Mapping[str, CompiledNode]
    entries: Mapping[str, tuple[str, ...]]  # scope -> nodes without an incoming edge
    sinks: Mapping[str, tuple[str, ...]]  # scope -> nodes that lead to its end
    # Maps whose body may wait or reach outside: an item a chunk.
    one_by_one: frozenset[str]
    order: tuple[str, ...]

    @cached_property
    def rank(self) -> Mapping[str, int]:
        """Joins are locked in this order, ends last."""
        return {node: position for position, node in enumerate(self.order)}

    def incoming(self, node: str) -> int:
        if is_end(node):
            return len(self.sinks[node.partition(":")[2]])
        return self.nodes[node].incoming

    def to_json(self) -> dict[str, JSON]:
        return {
            "nodes": {key: asdict(node) for key, node in self.nodes.items()},
            "entries": dict(self.entries),
            "sinks": dict(self.sinks),
            "one_by_one": sorted(self.one_by_one),
            "order": list(self.order),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, JSON]) -> CompiledGraph:
        return cls(
            nodes={key: _node_from_json(node) for key, node in raw["nodes"].items()},
            entries={scope: tuple(nodes) for scope, nodes in raw["entries"].items()},
            sinks={scope: tuple(nodes) for scope, nodes in raw["sinks"].items()},
            one_by_one=frozenset(raw["one_by_one"]),
            order=tuple(raw["order"]),
        )


def _node_from_json(raw: Mapping[str, JSON]) -> CompiledNode:
    return CompiledNode(
        **{
            **raw,
            "inputs": tuple(raw["inputs"]),
            "retry": Retry(**raw["retry"]) if raw["retry"] else None,
            "sources": tuple((node, port) for node, port in raw["sources"]),
            "edges": {port: tuple(targets) for port, targets in raw["edges"].items()},
        }
    )


def compile_document(document: Document, *, runs_one_by_one: Callable[[str], bool]) -> CompiledGraph:
    """Compiles a valid document; `runs_one_by_one` tells whether a type may wait or reach outside."""
    scopes = {TOP, *(node.parent for node in document.nodes.values() if node.parent)}
    nodes = {node.id: _compile_node(document, node) for node in document.nodes.values()}
    return CompiledGraph(
        nodes=nodes,
        entries={scope: _in_scope(nodes, scope, lambda node: node.incoming == 0) for scope in sorted(scopes)},
        sinks={scope: _in_scope(nodes, scope, _leads_to_end) for scope in sorted(scopes)},
        one_by_one=frozenset(
            scope
            for scope in scopes
            if scope and any(node.scope == scope and runs_one_by_one(node.type) for node in nodes.values())
        ),
        order=_order(document),
    )


def _in_scope(nodes: Mapping[str, CompiledNode], scope: str, wanted: Callable[[CompiledNode], bool]) -> tuple[str, ...]:
    return tuple(node.id for node in nodes.values() if node.scope == scope and wanted(node))


def _leads_to_end(node: CompiledNode) -> bool:
    return any(is_end(target) for targets in node.edges.values() for target in targets)


def _compile_node(document: Document, node: Node) -> CompiledNode:
    edges: dict[str, list[str]] = {}
    for edge in document.outgoing(node.id):
        edges.setdefault(edge.port, []).append(edge.target)
    if not edges:
        edges = {"*": [end_of(node.parent or TOP)]}
    incoming = document.incoming(node.id)
    return CompiledNode(
        id=node.id,
        type=node.type,
        label=node.label or node.id,
        config=node.config,
        inputs=node.inputs,
        scope=node.parent or TOP,
        retry=node.retry,
        incoming=len(incoming),
        sources=tuple((edge.source, edge.port) for edge in incoming),
        edges={port: tuple(targets) for port, targets in edges.items()},
    )


def _order(document: Document) -> tuple[str, ...]:
    before: dict[str, set[str]] = {node: set() for node in document.nodes}
    for edge in document.edges:
        before[edge.target].add(edge.source)
    for node in document.nodes.values():
        if node.parent:
            before[node.id].add(node.parent)
    return tuple(TopologicalSorter(before).static_order())
