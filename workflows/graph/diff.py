"""What differs between two documents, as data and in words. Where steps stand on the canvas is told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workflows.graph.document import DEFAULT_PORT, Document, Edge, Node, to_json

JSON = Any
LONGEST_VALUE = 80
_MISSING = object()


@dataclass(frozen=True)
class Change:
    """One value; `kind` is added, removed or changed."""

    path: str
    kind: str
    before: JSON = None
    after: JSON = None

    def as_json(self) -> dict[str, JSON]:
        return {"path": self.path, "kind": self.kind, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class NodeChange:
    node: str
    label: str
    renamed: tuple[str, str] | None
    changes: tuple[Change, ...]

    def as_json(self) -> dict[str, JSON]:
        renamed = {"before": self.renamed[0], "after": self.renamed[1]} if self.renamed else None
        changes = [change.as_json() for change in self.changes]
        return {"node": self.node, "label": self.label, "renamed": renamed, "changes": changes}


@dataclass(frozen=True)
class Diff:
    name: tuple[str, str] | None
    workflow: tuple[Change, ...]  # settings, input_schema, sample_input
    nodes_added: tuple[Node, ...]
    nodes_removed: tuple[Node, ...]
    nodes_changed: tuple[NodeChange, ...]
    edges_added: tuple[Edge, ...]
    edges_removed: tuple[Edge, ...]
    moved: tuple[str, ...]
    labels: Mapping[str, str]

    @property
    def is_empty(self) -> bool:
        """Nothing but steps that stand elsewhere."""
        return self == replace(_NOTHING, moved=self.moved, labels=self.labels)

    def as_json(self) -> dict[str, JSON]:
        return {
            "name": {"before": self.name[0], "after": self.name[1]} if self.name else None,
            "workflow": [change.as_json() for change in self.workflow],
            "nodes_added": [_shown(node) for node in self.nodes_added],
            "nodes_removed": [_shown(node) for node in self.nodes_removed],
            "nodes_changed": [change.as_json() for change in self.nodes_changed],
            "edges_added": [_edge(edge) for edge in self.edges_added],
            "edges_removed": [_edge(edge) for edge in self.edges_removed],
            "moved": list(self.moved),
            "is_empty": self.is_empty,
            "sentences": sentences(self),
        }


_NOTHING = Diff(None, (), (), (), (), (), (), (), {})


def compare(before: Document, after: Document) -> Diff:
    """The order in which steps and edges were drawn does not count."""
    both = [node for node in after.nodes if node in before.nodes]
    changed = (_compare_nodes(before.nodes[node], after.nodes[node]) for node in both)
    old, new = set(before.edges), set(after.edges)
    return Diff(
        name=(before.name, after.name) if before.name != after.name else None,
        workflow=tuple(_compare_tops(before, after)),
        nodes_added=tuple(node for node in after.nodes.values() if node.id not in before.nodes),
        nodes_removed=tuple(node for node in before.nodes.values() if node.id not in after.nodes),
        nodes_changed=tuple(change for change in changed if change.renamed or change.changes),
        edges_added=tuple(edge for edge in after.edges if edge not in old),
        edges_removed=tuple(edge for edge in before.edges if edge not in new),
        moved=tuple(node for node in both if before.layout.get(node) != after.layout.get(node)),
        labels={node.id: node.label or node.id for document in (before, after) for node in document.nodes.values()},
    )


def _compare_tops(before: Document, after: Document) -> Iterator[Change]:
    old, new = to_json(before), to_json(after)
    for key in ("settings", "input_schema", "sample_input"):
        yield from changes(old.get(key, _MISSING), new.get(key, _MISSING), key)


def _compare_nodes(before: Node, after: Node) -> NodeChange:
    renamed = (before.label or before.id, after.label or after.id) if before.label != after.label else None
    old, new = _plain(before), _plain(after)
    found = tuple(change for key in sorted({*old, *new}) for change in _of_key(old, new, key))
    return NodeChange(after.id, after.label or after.id, renamed, found)


def _plain(node: Node) -> dict[str, JSON]:
    """The node as the document holds it, without what tells it apart and what it is called."""
    raw: dict[str, JSON] = _shown(node)
    return {key: value for key, value in raw.items() if key not in ("id", "label")}


def _of_key(old: Mapping[str, JSON], new: Mapping[str, JSON], key: str) -> Iterator[Change]:
    # An empty object is not written; its entries are to be told one by one all the same.
    if isinstance(old.get(key, new.get(key)), dict):
        return changes(old.get(key, {}), new.get(key, {}), key)
    return changes(old.get(key, _MISSING), new.get(key, _MISSING), key)


def changes(before: JSON, after: JSON, path: str) -> Iterator[Change]:
    """The innermost values that differ; a list of another length differs as a whole."""
    if _same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from changes(before.get(key, _MISSING), after.get(key, _MISSING), f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for position, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from changes(old, new, f"{path}[{position}]")
    elif before is _MISSING:
        yield Change(path, "added", after=after)
    elif after is _MISSING:
        yield Change(path, "removed", before=before)
    else:
        yield Change(path, "changed", before, after)


def _same(before: JSON, after: JSON) -> bool:
    """Equal as JSON: 1 and true are not."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_same(value, after[key]) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return bool(before == after)


def _shown(node: Node) -> dict[str, JSON]:
    raw: dict[str, JSON] = to_json(Document(name="", nodes={node.id: node}))["nodes"][0]
    return raw


def _edge(edge: Edge) -> dict[str, JSON]:
    return {"from": edge.source, "to": edge.target, "port": edge.port}


def sentences(diff: Diff) -> list[str]:
    """One for each difference."""
    return [*_on_workflow(diff), *_on_nodes(diff), *_on_edges(diff), *_on_layout(diff)]


def _on_workflow(diff: Diff) -> Iterator[str]:
    if diff.name:
        yield f"The workflow “{diff.name[0]}” is called “{diff.name[1]}” now."
    for change in diff.workflow:
        yield f"The workflow’s {in_words(change)}"


def _on_nodes(diff: Diff) -> Iterator[str]:
    for node in diff.nodes_added:
        yield f"Step “{node.label or node.id}” ({node.type}) was added."
    for node in diff.nodes_removed:
        yield f"Step “{node.label or node.id}” ({node.type}) was removed."
    for changed in diff.nodes_changed:
        if changed.renamed:
            yield f"Step “{changed.renamed[0]}” is called “{changed.renamed[1]}” now."
        for change in changed.changes:
            yield f"Step “{changed.label}”: {in_words(change)}"


def _on_edges(diff: Diff) -> Iterator[str]:
    for edge in diff.edges_added:
        yield f"{_way(diff, edge)} was added."
    for edge in diff.edges_removed:
        yield f"{_way(diff, edge)} was removed."


def _on_layout(diff: Diff) -> Iterator[str]:
    if diff.moved:
        steps = "One step was" if len(diff.moved) == 1 else f"{len(diff.moved)} steps were"
        yield f"{steps} moved on the canvas."


def _way(diff: Diff, edge: Edge) -> str:
    port = "" if edge.port == DEFAULT_PORT else f" by {edge.port}"
    source, target = (diff.labels.get(node, node) for node in (edge.source, edge.target))
    return f"The way from “{source}”{port} to “{target}”"


def in_words(change: Change) -> str:
    """A clause such as “retry.max_attempts is 5, was 3.”"""
    name = change.path.removeprefix("config.").replace(".$expr", "")
    if change.kind == "added":
        return f"{name} is {brief(change.after)}, was not set."
    if change.kind == "removed":
        return f"{name} is not set any more, was {brief(change.before)}."
    return f"{name} is {brief(change.after)}, was {brief(change.before)}."


def brief(value: JSON) -> str:
    if isinstance(value, dict) and value.keys() == {"$expr"} and isinstance(value["$expr"], str):
        text = value["$expr"]
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
