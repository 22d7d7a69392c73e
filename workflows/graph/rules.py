"""Checks what a step's policies ask for against the graph and its type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from workflows.graph.document import ERROR_PORT, JSON, Document, Node, Problem, problem
from workflows.graph.scope import HasOutput, check_dynamic

TRIGGER = "trigger"


class HasRules(HasOutput, Protocol):
    @property
    def family(self) -> str: ...
    @property
    def container(self) -> bool: ...
    @property
    def cacheable(self) -> bool: ...
    @property
    def only_asks(self) -> Callable[[Mapping[str, JSON]], bool]: ...
    @property
    def can_probe(self) -> bool: ...
    @property
    def only_at_top(self) -> bool: ...


def check_policies(
    document: Document, node: Node, types: Mapping[str, HasRules], before: frozenset[str] | None
) -> Iterator[Problem]:
    step_type = types[node.type]
    yield from _check_undo(document, node, step_type)
    yield from _check_join(document, node)
    if node.policies.cache_minutes and not (step_type.cacheable and step_type.only_asks(node.config)):
        yield _fault(node, "cache_minutes", "This step changes something each time, so its answer can't be kept.")
    if node.policies.on_uncertain == "probe" and not step_type.can_probe:
        yield _fault(node, "on_uncertain", "This step has no way to ask whether it happened. Choose another way.")
    if node.policies.on_failure == "ask" and any(edge.port == ERROR_PORT for edge in document.outgoing(node.id)):
        yield _fault(node, "on_failure", "Its errors already lead somewhere. Remove that connection, or ask nobody.")
    if node.policies.on_failure == "ask" and step_type.container:
        yield _fault(node, "on_failure", "Ask about a step inside instead: what succeeded can't be done again.")
    if step_type.only_at_top and node.parent:
        yield problem("not_in_map", "This step can't stand inside another one. Move it out.", node=node.id)
    limit = node.policies.limit
    if limit and limit.key:
        for code, message in check_dynamic(limit.key, document, node, before, types):
            yield problem(code, message, node=node.id, field="limit.key")


def check_settings(document: Document) -> Iterator[Problem]:
    limit = document.settings.limit
    if limit and limit.rate is not None:
        yield problem("bad_settings", "A whole workflow has no rate; give its first step one.", field="settings.limit")
    if limit and limit.key:
        start = Node(id="start", type="start")
        alone = Document(name="", nodes={}, input_schema=document.input_schema)
        for code, message in check_dynamic(limit.key, alone, start, frozenset(), {}):
            yield problem(code, message, field="settings.limit.key")


def _check_undo(document: Document, node: Node, step_type: HasRules) -> Iterator[Problem]:
    undone = node.policies.undoes
    if not undone:
        return
    if undone not in document.nodes or undone == node.id:
        yield _fault(node, "undoes", f"There is no step {undone!r} to undo.")
        return
    if any(other.policies.undoes == undone and other.id < node.id for other in document.nodes.values()):
        yield _fault(node, "undoes", "Another step undoes the same one. One is enough.")
    if document.nodes[undone].policies.undoes:
        yield _fault(node, "undoes", "That step is a compensation itself.")
    if document.nodes[undone].parent or node.parent:
        yield _fault(node, "undoes", "Inside a For each nothing is undone. Undo the For each as a whole.")
    if document.incoming(node.id) or document.outgoing(node.id):
        yield _fault(node, "undoes", "A compensation is carried out when a run fails: connect it with nothing.")
    if step_type.family == TRIGGER or step_type.container:
        yield _fault(node, "undoes", "This kind of step can't be a compensation.")


def _check_join(document: Document, node: Node) -> Iterator[Problem]:
    join, branches = node.policies.join, len(document.incoming(node.id))
    if join is None:
        return
    if branches < 2:
        yield problem(
            "bad_join", "Only one branch leads here; there is nothing to join.",
            node=node.id, field="join", severity="warning",
        )  # fmt: skip
    elif join.mode == "first" and join.count > branches:
        yield _fault(node, "join.count", f"Only {branches} branches lead here.")


def _fault(node: Node, field: str, message: str) -> Problem:
    return problem(f"bad_{field.partition('.')[0]}", message, node=node.id, field=field)
