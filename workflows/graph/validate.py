"""Says what is wrong with a workflow, node by node and field by field, in words for whoever drew it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from workflows.graph.config import HasConfig, check_config
from workflows.graph.document import (
    ERROR_PORT,
    JSON,
    STEP_REFERENCE,
    Document,
    DocumentError,
    Edge,
    Node,
    Problem,
    parse,
    problem,
)
from workflows.graph.paths import entries, find_cycle, predecessors, reachable, upstream
from workflows.graph.rules import HasRules, check_policies, check_settings

TRIGGER = "trigger"
INPUT_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}(\.[A-Za-z_][A-Za-z0-9_]{0,59}){0,9}")


class NodeType(HasConfig, HasRules, Protocol):
    """What must be known of a step type to check a node of it."""

    @property
    def title(self) -> str: ...
    @property
    def ports(self) -> tuple[str, ...]: ...
    @property
    def grows(self) -> bool: ...
    @property
    def dynamic_ports(self) -> str | None: ...


Types = Mapping[str, NodeType]
# Finds what only the installation knows, such as a connection that is not there.
Check = Callable[[Document, Node], Iterable[Problem]]


def validate(
    raw: JSON, types: Types, *, aliases: Mapping[str, str] | None = None, checks: Iterable[Check] = ()
) -> list[Problem]:
    """All problems of a document in JSON; an empty list may be published."""
    try:
        document = parse(raw, aliases)
    except DocumentError as error:
        return error.problems
    return validate_document(document, types, checks=checks)


def validate_document(document: Document, types: Types, *, checks: Iterable[Check] = ()) -> list[Problem]:
    return list(_problems(document, types, tuple(checks)))


def is_publishable(problems: Iterable[Problem]) -> bool:
    return all(found.get("severity") == "warning" for found in problems)


def _problems(document: Document, types: Types, checks: tuple[Check, ...]) -> Iterator[Problem]:
    if not document.nodes:
        yield problem("empty", "There are no steps yet. Add the first one from the palette.")
        return
    if not document.name:
        yield problem("no_name", "Give the workflow a name.", field="name")
    for edge in document.edges:
        yield from _check_edge(document, types, edge)
    for node in document.nodes.values():
        yield from _check_place(document, types, node)
    yield from check_settings(document)
    yield from _check_ways(document, types)
    cycle = find_cycle(document)
    before = {} if cycle else upstream(document)
    for node in document.nodes.values():
        if node.type in types:
            yield from check_config(document, node, types, before.get(node.id))
            yield from check_policies(document, node, types, before.get(node.id))
        if not cycle:
            yield from _check_inputs(document, node, before[node.id])
        for check in checks:
            yield from check(document, node)


def ports_of(node: Node, step_type: NodeType) -> tuple[str, ...]:
    """The ways out of a step, the one for errors included."""
    named: list[str] = []
    if step_type.dynamic_ports:
        entries_of = node.config.get(step_type.dynamic_ports)
        cases = entries_of if isinstance(entries_of, list) else []
        named = [case["name"] for case in cases if isinstance(case, dict) and isinstance(case.get("name"), str)]
    return (*named, *step_type.ports, ERROR_PORT)


def _check_edge(document: Document, types: Types, edge: Edge) -> Iterator[Problem]:
    source, target = document.nodes.get(edge.source), document.nodes.get(edge.target)
    if source is None or target is None:
        missing = edge.source if source is None else edge.target
        yield problem("unknown_step", f"A connection leads to or from {missing[:40]!r}, which is not there.", node=None)
        return
    if source.parent != target.parent:
        message = (
            f"The connection from {_name(source)} to {_name(target)} crosses the border of a For each. "
            "Connect steps inside it with each other, and the For each itself with what comes before and after."
        )
        yield problem("crosses_map", message, node=target.id)
    step_type = types.get(source.type)
    if step_type is not None and edge.port not in ports_of(source, step_type):
        message = f"{_name(source)} has no way out called {edge.port!r}."
        yield problem("unknown_port", message, node=source.id)


def _check_place(document: Document, types: Types, node: Node) -> Iterator[Problem]:
    step_type = types.get(node.type)
    if step_type is None:
        yield problem("unknown_type", f"There is no step type {node.type!r}.", node=node.id, field="type")
        return
    if step_type.family == TRIGGER and document.incoming(node.id):
        yield problem("trigger_not_first", "A trigger starts a run: nothing can lead to it.", node=node.id)
    if step_type.container and not step_type.grows and not document.body(node.id):
        yield problem("empty_map", "Put the steps to repeat inside it.", node=node.id)
    if node.parent is not None:
        yield from _check_parent(document, types, node, step_type)


def _check_parent(document: Document, types: Types, node: Node, step_type: NodeType) -> Iterator[Problem]:
    parent = document.nodes.get(node.parent or "")
    parent_type = types.get(parent.type) if parent else None
    if parent is None or (parent_type is not None and not parent_type.container):
        yield problem("unknown_parent", f"{node.parent!r} is no step that holds others.", node=node.id, field="parent")
    if step_type.family == TRIGGER:
        yield problem("trigger_in_map", "A trigger can't stand inside a For each.", node=node.id)
    if step_type.container:
        yield problem("nested_map", "A For each can't stand inside another one.", node=node.id)


def _check_ways(document: Document, types: Types) -> Iterator[Problem]:
    """Cycles, and steps that no run would reach."""
    cycle = find_cycle(document)
    if cycle:
        way = " → ".join(_name(document.nodes[node]) for node in cycle)
        yield problem("cycle", f"These steps wait for each other: {way}. Remove one connection.", node=cycle[0])
        return
    triggers = [node.id for node in document.nodes.values() if _family(types, node) == TRIGGER]
    found = reachable(document, entries(document, triggers))
    before = predecessors(document)
    for node in document.nodes.values():
        # Of a chain that nothing leads to, the first step is enough to point at.
        if node.id not in found and not any(source not in found for source in before[node.id]):
            yield problem("unreachable", f"Nothing leads to {_name(node)}. Connect it or remove it.", node=node.id)


def _check_inputs(document: Document, node: Node, before: frozenset[str]) -> Iterator[Problem]:
    for reference in node.inputs:
        found = STEP_REFERENCE.match(reference)
        if found and found[1] not in document.nodes:
            yield problem("unknown_step", f"There is no step {found[1]!r}.", node=node.id, field="inputs")
        elif found and found[1] not in before:
            message = f"{_name(document.nodes[found[1]])} does not come before this step."
            yield problem("not_upstream", message, node=node.id, field="inputs")
        elif not found and not INPUT_KEY.fullmatch(reference):
            message = f"{reference[:60]!r} names neither a step's output nor a key of the run's input."
            yield problem("bad_reference", message, node=node.id, field="inputs")
        elif not found and not _is_input_key(document, reference):
            message = f"The workflow's input has no {reference!r}."
            yield problem("unknown_input", message, node=node.id, field="inputs", severity="warning")


def _is_input_key(document: Document, key: str) -> bool:
    schema: Any = document.input_schema
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return not isinstance(properties, dict) or key.partition(".")[0] in properties


def _family(types: Types, node: Node) -> str | None:
    step_type = types.get(node.type)
    return step_type.family if step_type else TRIGGER if node.type.startswith("trigger_") else None


def _name(node: Node) -> str:
    return f"“{node.label or node.id}”"
