"""A workflow document as text that people review: YAML with stable ids and keys in one order, the layout apart."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from workflows.graph import notation, policies
from workflows.graph.document import Document, DocumentError, Node, Problem, parse, to_json
from workflows.graph.notation import Line, Parsed, TextError, in_order

JSON = Any

_FIRST = ("name", "base", "settings", "input_schema", "sample_input")
_LAST = ("nodes", "edges")
_NODE_FIRST = ("type", "label", "note", "parent", "inputs", "config")
_NODE_KEYS = ({one.name for one in fields(Node)} | set(policies.NAMES)) - {"id", "policies"}
_TOP_KEYS = ({one.name for one in fields(Document)} | {"base"}) - {"layout"}
_BASE = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Text:
    """What a workflow's files say; `base` is the fingerprint of what they were exported from."""

    document: Document
    base: str = ""


def fingerprint(document: Document) -> str:
    """Tells documents apart by what they do: the layout, and the order in which they were drawn, do not count."""
    raw = to_json(replace(document, layout={}))
    raw["nodes"] = sorted(raw["nodes"], key=lambda node: str(node["id"]))
    raw["edges"] = sorted(raw["edges"], key=lambda edge: json.dumps(edge, sort_keys=True))
    text = json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_workflow(document: Document, base: str = "") -> str:
    """Nodes and edges stay in the order in which they were drawn: what is new comes last."""
    raw = to_json(replace(document, layout={}))
    raw |= {"base": base} if base else {}
    raw["nodes"] = {node["id"]: _node(node) for node in raw["nodes"]}
    raw["edges"] = [Line(edge) for edge in raw["edges"]]
    rest = sorted(set(raw) - {*_FIRST, *_LAST})
    order = [key for key in (*_FIRST, *rest, *_LAST) if key in raw]
    return notation.write({key: raw[key] if key in _LAST else in_order(raw[key]) for key in order})


def _node(raw: Mapping[str, JSON]) -> dict[str, JSON]:
    rest = sorted(set(raw) - {"id", *_NODE_FIRST})
    return {key: in_order(raw[key]) for key in (*_NODE_FIRST, *rest) if key in raw}


def write_layout(document: Document) -> str:
    return notation.write({node: Line(x=at[0], y=at[1]) for node, at in sorted(document.layout.items())})


def read_workflow(text: str, layout: str = "", aliases: Mapping[str, str] | None = None) -> Text:
    """Reads both files back; raises TextError with the place of the first fault."""
    parsed = notation.read(text)
    top = _mapping(parsed, "A workflow is a mapping with name, nodes and edges.")
    _refuse_unknown(parsed, (), top, _TOP_KEYS)
    base = top.pop("base", "") or ""
    if base and not (isinstance(base, str) and _BASE.fullmatch(base)):
        raise TextError("base is 16 hexadecimal digits in quotes. Take it from an export.", parsed.place_of("base"))
    raw = {**top, "nodes": _nodes(parsed), "layout": _read_layout(layout)}
    try:
        return Text(parse(raw, aliases), base)
    except DocumentError as error:
        found = error.problems[0]
        inside = f"{found['field']}: " if "." in (found["field"] or "") else ""
        raise TextError(f"{inside}{found['message']}", _place_of(parsed, found)) from error


def _mapping(parsed: Parsed, otherwise: str, *path: str) -> dict[str, JSON]:
    value = parsed.value
    for key in path:
        value = value.get(key)
    if value is None and path:
        return {}
    if not isinstance(value, dict):
        raise TextError(otherwise, parsed.place_of(*path))
    return dict(value)


def _nodes(parsed: Parsed) -> list[JSON]:
    found = []
    for node in _mapping(parsed, "nodes is a mapping of ids to steps.", "nodes"):
        raw = _mapping(parsed, f"The step {node[:60]!r} is a mapping with a type.", "nodes", node)
        _refuse_unknown(parsed, ("nodes", node), raw, _NODE_KEYS)
        found.append({"id": node, **raw})
    return found


def _refuse_unknown(parsed: Parsed, path: tuple[str, ...], given: Iterable[str], known: Iterable[str]) -> None:
    for key in given:
        if key not in known:
            message = f"There is no key {key[:60]!r} here. Use one of {', '.join(sorted(known))}."
            raise TextError(message, parsed.place_of(*path, key))


def _read_layout(text: str) -> dict[str, JSON]:
    parsed = notation.read(text)
    if parsed.value is None:
        return {}
    return _mapping(parsed, "The layout is a mapping of ids to {x: …, y: …}.")


def _place_of(parsed: Parsed, problem: Problem) -> notation.Place | None:
    node, field = problem["node"], (problem["field"] or "").split(".")
    path = (*(("nodes", node) if node else ()), *(part for part in field if part))
    return parsed.place_of(*path)
