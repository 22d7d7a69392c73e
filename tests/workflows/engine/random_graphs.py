"""Small random graphs for the stateful test, and how a person would have drawn them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from tests.workflows.engine.model import ModelGraph, ModelNode

ITEMS = 5
PORTS = {
    "if": ("yes", "no"),
    "choose": ("yes", "no"),
    "fail": ("out", "error"),
    "map": ("out", "error"),
    "loop": ("out",),
}
PLAIN = ("mark", "if", "fail", "pause", "choose", "send", "mail", "map", "loop")


@st.composite
def graphs(draw: st.DrawFn) -> ModelGraph:
    kinds_of = draw(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=7))
    nodes = {f"n{number}": _node(draw, kind) for number, kind in enumerate(kinds_of)}
    edges: list[tuple[str, str, str]] = []
    names = list(nodes)
    for position, name in enumerate(names[1:], start=1):
        for source in draw(st.lists(st.sampled_from(names[:position]), max_size=2, unique=True)):
            port = draw(st.sampled_from((*PORTS.get(nodes[source].kind, ("out",)), "error")))
            edges.append((source, port, name))
        if sum(target == name for _, _, target in edges) > 1 and draw(st.booleans()):
            nodes[name] = replace(nodes[name], needs=draw(st.sampled_from((1, 2))))
    return ModelGraph(nodes, tuple(edges))


def _node(draw: st.DrawFn, kind: str) -> ModelNode:
    if kind == "if":
        return ModelNode(kind, draw(st.sampled_from(("yes", "no"))))
    if kind == "fail":
        return ModelNode(kind, draw(st.booleans()))
    if kind == "map":
        failing = draw(st.frozensets(st.integers(0, ITEMS - 1), max_size=2))
        return ModelNode(kind, failing, draw(st.booleans()), draw(st.sampled_from((None, 1, 2))))
    if kind == "loop":
        return ModelNode(kind, draw(st.integers(1, 3)))
    return ModelNode(kind)


def drawn(graph: ModelGraph) -> tuple[dict[str, Any], list[str]]:
    """The graph as a person would have drawn it."""
    nodes: dict[str, Any] = {}
    for name, node in graph.nodes.items():
        if node.kind == "map":
            on_error = "fail" if node.strict else "continue"
            config = {"items": list(range(ITEMS)), "chunk_size": 2, "on_error": on_error, "at_once": node.at_once}
            nodes[name] = {"type": "map", "config": {key: value for key, value in config.items() if value is not None}}
            body = {"parent": name, "config": {"fails": sorted(node.says)}}
            nodes[f"{name}_item"] = {"type": "stateful_item", **body}
            nodes[f"{name}_then"] = {"type": "stateful_item", "parent": name, "config": {}}
        elif node.kind == "loop":
            nodes[name] = {"type": "loop", "config": {"most": node.says}}
            nodes[f"{name}_item"] = {"type": "stateful_item", "parent": name, "config": {}}
        else:
            nodes[name] = {"type": f"stateful_{node.kind}", "config": _config(node)}
        if node.needs:
            nodes[name]["join"] = {"mode": "first", "count": node.needs}
    ways = [f"{source} {port} {target}" for source, port, target in graph.edges]
    return nodes, ways + [f"{name}_item {name}_then" for name, node in graph.nodes.items() if node.kind == "map"]


def _config(node: ModelNode) -> dict[str, Any]:
    if node.kind == "if":
        return {"fails": node.says == "yes"}
    if node.kind == "fail":
        return {"fails": node.says, "times": 1}
    return {}
