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
    # "if": yes or no. "fail": whether it fails for good. "map": which items fail. "loop": how many rounds.
    says: Any = None
    strict: bool = False  # a map that fails with its items
    at_once: int | None = None  # chunks of a map
    needs: int | None = None  # a join that goes on after so many branches


@dataclass(frozen=True)
class ModelGraph:
    """Nodes in an order in which every edge leads forward."""

    nodes: Mapping[str, ModelNode]
    edges: tuple[tuple[str, str, str], ...]  # (source, port, target)

    def into(self, node: str) -> list[tuple[str, str]]:
        return [(source, port) for source, port, target in self.edges if target == node]

    def handles_errors(self, node: str) -> bool:
        return any(source == node and port == "error" for source, port, _ in self.edges)

    def losers(self) -> set[str]:
        """What may be cut off because a join does not wait for it: all ways from there lead to the join."""
        return {loser for join, node in self.nodes.items() if node.needs for loser in self._losers_of(join)}

    def _losers_of(self, join: str) -> set[str]:
        found = {join}
        for node in reversed(list(self.nodes)):
            after = {target for source, _, target in self.edges if source == node}
            if after and after <= found:
                found.add(node)
        return found - {join}


@dataclass
class Decisions:
    """What only the world outside the graph knows: answers of people, verdicts on uncertain steps, deaths."""

    answers: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)  # maps a chunk of which is dead
    cut: set[str] = field(default_factory=set)  # losers that were cancelled


@dataclass(frozen=True)
class Fate:
    """How a step ends; of one that is not decided yet there is none."""

    state: str
    port: str = ""


def fates(graph: ModelGraph, decisions: Decisions) -> dict[str, Fate | None]:
    found: dict[str, Fate | None] = {}
    for name, node in graph.nodes.items():
        before = [(found[source], port) for source, port in graph.into(name)]
        taken = sum(fate is not None and fate.port == port for fate, port in before)
        is_open = any(fate is None or fate.state == "CANCELLED" for fate, _ in before)
        if name in decisions.cut:
            found[name] = Fate("CANCELLED")
        elif not before or (taken and not is_open) or (node.needs and taken >= node.needs):
            found[name] = _end_of(name, node, decisions)
        else:
            found[name] = None if is_open else Fate("SKIPPED")
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
        "loop": name in decisions.broken,
        "mail": decisions.verdicts.get(name) == "failed",
        "map": node.strict and (bool(node.says) or name in decisions.broken),
    }
    return Fate("FAILED", "error") if fails.get(node.kind) else Fate("SUCCEEDED", "out")


def end_of_run(graph: ModelGraph, decisions: Decisions) -> str | None:
    """None while it can't have ended."""
    found, losers = fates(graph, decisions), graph.losers()
    if any(fate is None for name, fate in found.items() if name not in losers):
        return None
    failed = [
        name for name, fate in found.items()
        if fate and fate.state in ("FAILED", "DEAD") and not graph.handles_errors(name)
    ]  # fmt: skip
    return "FAILED" if failed else "SUCCEEDED"
