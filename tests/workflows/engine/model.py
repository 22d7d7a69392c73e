"""A second engine, a few lines long and in memory: what each step of a small graph must come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

END_STATES = ("SUCCEEDED", "FAILED", "SKIPPED", "DEAD")


@dataclass(frozen=True)
class ModelNode:
    """A step as the drawing has it: its kind, and what it is told to do."""

    kind: str
    # "if": yes or no. "fail": whether it fails for good. "map": which items fail.
    says: Any = None
    strict: bool = False  # a map that fails with its items


@dataclass(frozen=True)
class ModelGraph:
    """Nodes in an order in which every edge leads forward."""

    nodes: Mapping[str, ModelNode]
    edges: tuple[tuple[str, str, str], ...]  # (source, port, target)

    def into(self, node: str) -> list[tuple[str, str]]:
        return [(source, port) for source, port, target in self.edges if target == node]

    def handles_errors(self, node: str) -> bool:
        return any(source == node and port == "error" for source, port, _ in self.edges)

    @property
    def sinks(self) -> list[str]:
        return [node for node in self.nodes if all(source != node for source, _, _ in self.edges)]


@dataclass
class Decisions:
    """What only the world outside the graph knows: answers of people, verdicts on uncertain steps, deaths."""

    answers: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)  # maps a chunk of which is dead


@dataclass(frozen=True)
class Fate:
    """How a step ends; of one that is not decided yet there is none."""

    state: str
    port: str = ""


def fates(graph: ModelGraph, decisions: Decisions) -> dict[str, Fate | None]:
    found: dict[str, Fate | None] = {}
    for name, node in graph.nodes.items():
        ways = graph.into(name)
        before = [found[source] for source, _ in ways]
        if any(fate is None for fate in before):
            found[name] = None
        elif ways and not any(
            fate and fate.state != "SKIPPED" and fate.port == port for fate, (_, port) in zip(before, ways, strict=True)
        ):
            found[name] = Fate("SKIPPED")
        else:
            found[name] = _end_of(name, node, decisions)
    return found


def _end_of(name: str, node: ModelNode, decisions: Decisions) -> Fate | None:
    if name in decisions.dead:
        return Fate("DEAD", "error")
    if node.kind == "if":
        return Fate("SUCCEEDED", node.says)
    if node.kind == "choose":
        return Fate("SUCCEEDED", decisions.answers[name]) if name in decisions.answers else None
    fails = {
        "fail": bool(node.says),
        "mail": decisions.verdicts.get(name) == "failed",
        "map": node.strict and (bool(node.says) or name in decisions.broken),
    }
    return Fate("FAILED", "error") if fails.get(node.kind) else Fate("SUCCEEDED", "out")


def end_of_run(graph: ModelGraph, decisions: Decisions) -> str | None:
    """None while it can't have ended."""
    found = fates(graph, decisions)
    if any(fate is None for fate in found.values()):
        return None
    failed = [
        name for name, fate in found.items()
        if fate and fate.state in ("FAILED", "DEAD") and not graph.handles_errors(name)
    ]  # fmt: skip
    return "FAILED" if failed else "SUCCEEDED"
