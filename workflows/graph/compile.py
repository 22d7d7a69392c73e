"""A document made ready to run: joins counted, ends found, nodes in order. Pure data, kept with the version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from workflows.graph import policies
from workflows.graph.document import Document, Edge, Node
from workflows.graph.paths import losers, parting
from workflows.graph.policies import Policies, Settings

JSON = Any
TOP = ""
# The join that ends a run, and with a map's id behind it the one that ends a chunk of its items.
END = "$end"
# Where compensations stand: reached by no edge, carried out in reverse order when a run fails.
UNDO = "$undo"
# Rows that are no steps: orders to a run.
CONTROL = "$do:"


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
    scope: str  # the map that it is in, TOP or UNDO
    policies: Policies
    incoming: int  # edges to be resolved before it is ready
    sources: tuple[tuple[str, str], ...]  # (node, port) of its edges
    edges: Mapping[str, tuple[str, ...]]  # port -> targets; a node without any leads to its scope's end

    @property
    def in_map(self) -> bool:
        return self.scope not in (TOP, UNDO)


@dataclass(frozen=True)
class CompiledGraph:
    nodes: Mapping[str, CompiledNode]
    entries: Mapping[str, tuple[str, ...]]  # scope -> nodes without an incoming edge
    sinks: Mapping[str, tuple[str, ...]]  # scope -> nodes that lead to its end
    # Maps whose body may wait or reach outside: an item a chunk.
    one_by_one: frozenset[str]
    order: tuple[str, ...]
    settings: Settings = field(default_factory=Settings)
    # Joins that need not wait for all branches -> the steps of no use once they have begun.
    losers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Steps after which branches part -> the joins with a deadline that counts from there; TOP for a run's start.
    arms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def undone_by(self) -> Mapping[str, str]:
        """Steps -> their compensations."""
        return {node.policies.undoes: node.id for node in self.nodes.values() if node.policies.undoes}

    @cached_property
    def joined(self) -> frozenset[str]:
        """Scopes that may go on behind a failure that led nowhere: by another branch, or with the other items."""
        return frozenset(node.scope for node in self.nodes.values() if node.incoming > (0 if node.in_map else 1))

    @cached_property
    def rank(self) -> Mapping[str, int]:
        """Joins are locked in this order, ends last."""
        return {node: position for position, node in enumerate(self.order)}

    @cached_property
    def lost_to(self) -> Mapping[str, tuple[str, ...]]:
        """Losers -> the joins of their own scope after whose beginning they are of no use."""
        lost: dict[str, tuple[str, ...]] = {}
        for join, nodes in self.losers.items():
            for node in nodes:
                if self.nodes[node].scope == self.nodes[join].scope:
                    lost[node] = (*lost.get(node, ()), join)
        return lost

    def dropped_by(self, join: str) -> list[str]:
        """What is of no use once the join has begun, the ends of maps included."""
        losers = self.losers.get(join, ())
        return [*losers, *(end_of(node) for node in losers if node in self.entries)]

    def incoming(self, node: str) -> int:
        if is_end(node):
            return len(self.sinks[node.partition(":")[2]])
        return self.nodes[node].incoming

    def to_json(self) -> dict[str, JSON]:
        return {
            "nodes": {key: _node_json(node) for key, node in self.nodes.items()},
            "entries": dict(self.entries),
            "sinks": dict(self.sinks),
            "one_by_one": sorted(self.one_by_one),
            "order": list(self.order),
            "settings": policies.written(self.settings),
            "losers": dict(self.losers),
            "arms": dict(self.arms),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, JSON]) -> CompiledGraph:
        return cls(
            nodes={key: _node_from_json(node) for key, node in raw["nodes"].items()},
            entries={scope: tuple(nodes) for scope, nodes in raw["entries"].items()},
            sinks={scope: tuple(nodes) for scope, nodes in raw["sinks"].items()},
            one_by_one=frozenset(raw["one_by_one"]),
            order=tuple(raw["order"]),
            settings=Settings.model_validate(raw.get("settings", {})),
            losers={join: tuple(nodes) for join, nodes in raw.get("losers", {}).items()},
            arms={node: tuple(joins) for node, joins in raw.get("arms", {}).items()},
        )


def _node_json(node: CompiledNode) -> dict[str, JSON]:
    plain = {one.name: getattr(node, one.name) for one in fields(node)}
    return {**plain, "policies": policies.written(node.policies)}


def _node_from_json(raw: Mapping[str, JSON]) -> CompiledNode:
    # Versions of before there were other policies have their retries beside the rest.
    kept = raw.get("policies") or {"retry": raw.get("retry")}
    return CompiledNode(
        **{
            **{name: value for name, value in raw.items() if name != "retry"},
            "inputs": tuple(raw["inputs"]),
            "policies": policies.read_policies(kept),
            "sources": tuple((node, port) for node, port in raw["sources"]),
            "edges": {port: tuple(targets) for port, targets in raw["edges"].items()},
        }
    )


def compile_document(document: Document, *, runs_one_by_one: Callable[[Node], bool]) -> CompiledGraph:
    """Compiles a valid document; `runs_one_by_one` tells whether a step may have to stand in a row of its own."""
    scopes = {TOP, *(node.parent for node in document.nodes.values() if node.parent)}
    early = [node.id for node in document.nodes.values() if node.policies.join and node.policies.join.is_early]
    nodes = {node.id: _compile_node(document, node) for node in document.nodes.values()}
    return CompiledGraph(
        nodes=nodes,
        entries={scope: _in_scope(nodes, scope, lambda node: node.incoming == 0) for scope in sorted(scopes)},
        sinks={scope: _in_scope(nodes, scope, _leads_to_end) for scope in sorted(scopes)},
        one_by_one=frozenset(
            scope for scope in scopes if scope and any(runs_one_by_one(node) for node in document.body(scope))
        ),
        order=_order(document),
        settings=document.settings,
        losers={join: tuple(losers(document, join)) for join in early},
        arms=_arms(document, early),
    )


def _arms(document: Document, early: Iterable[str]) -> dict[str, tuple[str, ...]]:
    arms: dict[str, tuple[str, ...]] = {}
    for node in early:
        join = document.nodes[node].policies.join
        if join and join.deadline_seconds is not None:
            start = parting(document, node) or document.nodes[node].parent or TOP
            arms[start] = (*arms.get(start, ()), node)
    return arms


def _in_scope(nodes: Mapping[str, CompiledNode], scope: str, wanted: Callable[[CompiledNode], bool]) -> tuple[str, ...]:
    return tuple(node.id for node in nodes.values() if node.scope == scope and wanted(node))


def _leads_to_end(node: CompiledNode) -> bool:
    return any(is_end(target) for targets in node.edges.values() for target in targets)


def _compile_node(document: Document, node: Node) -> CompiledNode:
    edges: dict[str, list[str]] = {}
    for edge in document.outgoing(node.id):
        edges.setdefault(edge.port, []).append(edge.target)
    scope = UNDO if node.policies.undoes else node.parent or TOP
    if not edges:
        edges = {"*": [end_of(scope)]}
    incoming = document.incoming(node.id)
    return CompiledNode(
        id=node.id,
        type=node.type,
        label=node.label or node.id,
        config=node.config,
        inputs=node.inputs,
        scope=scope,
        policies=node.policies,
        incoming=len(incoming),
        sources=_sources(node, incoming),
        edges={port: tuple(targets) for port, targets in edges.items()},
    )


def _sources(node: Node, incoming: Iterable[Edge]) -> tuple[tuple[str, str], ...]:
    if node.policies.undoes:
        return ((node.policies.undoes, "*"),)
    return tuple((edge.source, edge.port) for edge in incoming)


def _order(document: Document) -> tuple[str, ...]:
    before: dict[str, set[str]] = {node: set() for node in document.nodes}
    for edge in document.edges:
        before[edge.target].add(edge.source)
    for node in document.nodes.values():
        before[node.id] |= {other for other in (node.parent, node.policies.undoes) if other}
    return tuple(TopologicalSorter(before).static_order())
