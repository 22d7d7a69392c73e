"""The workflow document: read from JSON into values that can be reasoned about, and written back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

from pydantic import ValidationError

from workflows.graph import policies
from workflows.graph.policies import Policies, Settings, faults, read_policies

JSON = Any
Layout = Mapping[str, tuple[float, float]]

NODE_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
# "score.output" and "score.output.customers" name a step; anything else a key of the run's input.
STEP_REFERENCE = re.compile(r"([a-z][a-z0-9_]{0,39})\.output\b")
DEFAULT_PORT = "out"
ERROR_PORT = "error"

MAX_NODES = 1_000
MAX_EDGES = 5_000
MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_LABEL = 120
MAX_PORT = 60


class Problem(TypedDict):
    """What is wrong, at which node and field; a warning does not stop publishing."""

    node: str | None
    field: str | None
    code: str
    message: str
    severity: NotRequired[str]


def problem(
    code: str, message: str, *, node: str | None = None, field: str | None = None, severity: str = "error"
) -> Problem:
    return {"node": node, "field": field, "code": code, "message": message, "severity": severity}


class DocumentError(Exception):
    """The JSON can't be read as a workflow."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0]["message"])
        self.problems = problems


@dataclass(frozen=True)
class Node:
    id: str
    type: str
    label: str = ""
    config: Mapping[str, JSON] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    parent: str | None = None
    policies: Policies = field(default_factory=Policies)
    note: str = ""


@dataclass(frozen=True)
class Edge:
    source: str
    target: str
    port: str = DEFAULT_PORT


@dataclass(frozen=True)
class Document:
    name: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...] = ()
    layout: Layout = field(default_factory=dict)
    input_schema: JSON = None
    sample_input: JSON = None
    settings: Settings = field(default_factory=Settings)

    def incoming(self, node: str) -> list[Edge]:
        return [edge for edge in self.edges if edge.target == node]

    def outgoing(self, node: str) -> list[Edge]:
        return [edge for edge in self.edges if edge.source == node]

    def body(self, parent: str | None) -> list[Node]:
        """The nodes inside a map, or with None those at the top."""
        return [node for node in self.nodes.values() if node.parent == parent]


def parse(raw: JSON, aliases: Mapping[str, str] | None = None) -> Document:
    """Reads a document; types get their own names, and edges that `inputs` imply are added.

    Whether it makes sense is asked of `validate`; raises DocumentError if it can't even be read.
    """
    check_limits(raw)
    problems: list[Problem] = []
    nodes = _read_nodes(raw["nodes"], aliases or {}, problems)
    edges = _read_edges(raw.get("edges") or [], problems)
    layout = _read_layout(raw.get("layout") or {}, nodes)
    settings = _read_settings(raw.get("settings") or {}, problems)
    if problems:
        raise DocumentError(problems)
    return Document(
        name=str(raw.get("name") or "").strip(),
        nodes=nodes,
        edges=(*edges, *_implied_edges(nodes, edges)),
        layout=layout,
        input_schema=raw.get("input_schema"),
        sample_input=raw.get("sample_input"),
        settings=settings,
    )


def check_limits(raw: JSON) -> None:
    """Refuses what is not a document at all, or is too large to keep."""
    if not isinstance(raw, dict) or not isinstance(raw.get("nodes"), list):
        raise DocumentError([problem("not_a_document", "A workflow is an object with a list of nodes.")])
    if not isinstance(raw.get("edges") or [], list):
        raise DocumentError([problem("not_a_document", "The edges are a list.", field="edges")])
    if not isinstance(raw.get("layout") or {}, dict):
        raise DocumentError([problem("not_a_document", "The layout is an object of positions.", field="layout")])
    if len(raw["nodes"]) > MAX_NODES:
        raise DocumentError([problem("too_many_nodes", f"A workflow has at most {MAX_NODES:,} steps.")])
    if len(raw.get("edges") or []) > MAX_EDGES:
        raise DocumentError([problem("too_many_edges", f"A workflow has at most {MAX_EDGES:,} connections.")])
    if _size(raw) > MAX_BYTES:
        raise DocumentError([problem("too_large", f"A workflow takes at most {MAX_BYTES:,} bytes.")])


def _size(raw: JSON) -> int:
    """Bytes of the document as text; refuses what Postgres can't keep as JSON."""
    if _is_too_deep(raw):
        raise DocumentError([problem("too_deep", f"Values lie at most {MAX_DEPTH} levels deep.")])
    try:
        text = json.dumps(raw, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError) as error:  # NaN, half a surrogate pair, not JSON
        raise DocumentError([problem("not_a_document", "The document holds a value that is not JSON.")]) from error
    if b"\\u0000" in text:
        raise DocumentError([problem("not_a_document", "The document holds a NUL character.")])
    return len(text)


def _is_too_deep(value: JSON) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for outer in level
            if isinstance(outer, (dict, list))
            for item in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _read_nodes(raw: list[JSON], aliases: Mapping[str, str], problems: list[Problem]) -> dict[str, Node]:
    nodes: dict[str, Node] = {}
    for position, item in enumerate(raw):
        found = list(_node_faults(item, position, nodes))
        if found:
            problems += found
        else:
            nodes[item["id"]] = _read_node(item, aliases)
    return nodes


def _node_faults(item: JSON, position: int, known: Mapping[str, Node]) -> Iterator[Problem]:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str):
        yield problem("bad_node", f"Step {position + 1} has no id.")
        return
    node = item["id"]
    if not NODE_ID.fullmatch(node):
        message = f"The id {node[:60]!r} must be lower-case letters, digits and underscores, at most 40."
        yield problem("bad_id", message, node=node[:60], field="id")
    if node in known:
        yield problem("duplicate_id", f"Two steps have the id {node!r}.", node=node, field="id")
    if not isinstance(item.get("type"), str) or not item["type"]:
        yield problem("bad_node", f"The step {node[:60]!r} has no type.", node=node, field="type")
    for name, kind, words in _SHAPES:
        if item.get(name) is not None and not isinstance(item[name], kind):
            yield problem("bad_node", f"{name} must be {words}.", node=node, field=name)
    inputs = item.get("inputs")
    if isinstance(inputs, list) and not all(isinstance(entry, str) for entry in inputs):
        yield problem("bad_node", "inputs must be references such as score.output.", node=node, field="inputs")
    try:
        read_policies(item)
    except ValidationError as error:
        for path, message in faults(error):
            yield problem(f"bad_{path.partition('.')[0]}", message, node=node, field=path)


_SHAPES: tuple[tuple[str, type, str], ...] = (
    ("label", str, "text"),
    ("note", str, "text"),
    ("config", dict, "an object"),
    ("inputs", list, "a list"),
    ("parent", str, "the id of a step"),
)


def _read_node(item: Mapping[str, JSON], aliases: Mapping[str, str]) -> Node:
    return Node(
        id=item["id"],
        type=aliases.get(item["type"], item["type"]),
        label=(item.get("label") or "").strip()[:MAX_LABEL],
        config=item.get("config") or {},
        inputs=tuple(item.get("inputs") or ()),
        parent=item.get("parent") or None,
        policies=read_policies(item),
        note=item.get("note") or "",
    )


def _read_settings(raw: JSON, problems: list[Problem]) -> Settings:
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        problems += [
            problem("bad_settings", message, field=f"settings.{path}".rstrip(".")) for path, message in faults(error)
        ]
        return Settings()


def _read_edges(raw: list[JSON], problems: list[Problem]) -> list[Edge]:
    edges: dict[Edge, None] = {}  # an edge drawn twice is one edge
    for position, item in enumerate(raw):
        ends = (item.get("from"), item.get("to")) if isinstance(item, dict) else (None, None)
        port = (item.get("port") or DEFAULT_PORT) if isinstance(item, dict) else None
        if not all(isinstance(end, str) for end in ends) or not isinstance(port, str) or len(port) > MAX_PORT:
            problems.append(problem("bad_edge", f"Connection {position + 1} needs a from and a to.", field="edges"))
        else:
            edges[Edge(str(ends[0]), str(ends[1]), port)] = None
    return list(edges)


def _implied_edges(nodes: Mapping[str, Node], edges: list[Edge]) -> list[Edge]:
    """A step that reads another's output comes after it, also where no edge was drawn."""
    joined = {(edge.source, edge.target) for edge in edges}
    implied: dict[Edge, None] = {}
    for node in nodes.values():
        for source in references(node.inputs):
            # What a map's body reads from outside it needs no edge: the map waited for it.
            beside = source in nodes and source != node.id and nodes[source].parent == node.parent
            if beside and (source, node.id) not in joined:
                implied[Edge(source, node.id)] = None
    return list(implied)


def references(inputs: tuple[str, ...]) -> list[str]:
    """The steps named by `inputs`."""
    return [found[1] for found in map(STEP_REFERENCE.match, inputs) if found]


def _read_layout(raw: Mapping[str, JSON], nodes: Mapping[str, Node]) -> Layout:
    def number(value: JSON) -> float:
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0

    return {
        node: (number(at.get("x")), number(at.get("y")))
        for node, at in raw.items()
        if node in nodes and isinstance(at, dict)
    }


def to_json(document: Document) -> dict[str, JSON]:
    """The document as JSON: equal documents give equal text, and nothing empty is written."""
    written: dict[str, JSON] = {
        "name": document.name,
        "nodes": [_node_json(node) for node in document.nodes.values()],
        "edges": [_edge_json(edge) for edge in document.edges],
    }
    if document.layout:
        written["layout"] = {
            node: {"x": document.layout[node][0], "y": document.layout[node][1]}
            for node in document.nodes
            if node in document.layout
        }
    if document.input_schema is not None:
        written["input_schema"] = document.input_schema
    if document.sample_input is not None:
        written["sample_input"] = document.sample_input
    if settings := policies.written(document.settings):
        written["settings"] = settings
    return written


def _node_json(node: Node) -> dict[str, JSON]:
    optional = {
        "label": node.label,
        "config": dict(node.config),
        "inputs": list(node.inputs),
        "parent": node.parent,
        "note": node.note,
    }
    kept = {name: value for name, value in optional.items() if value}
    return {"id": node.id, "type": node.type, **kept, **policies.written(node.policies)}


def _edge_json(edge: Edge) -> dict[str, JSON]:
    port = {} if edge.port == DEFAULT_PORT else {"port": edge.port}
    return {"from": edge.source, "to": edge.target, **port}
