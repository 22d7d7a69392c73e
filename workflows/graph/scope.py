"""What an expression may name at a step: the input, outputs of steps before it and, inside a For each, the item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from workflows.expressions import ExpressionError, Names, Schema, dyn
from workflows.expressions.bindings import compile_value
from workflows.graph.document import JSON, Document, Node

INSIDE_MAP = frozenset({"item", "index"})
RECORD_TRIGGER = "trigger_record_"
# A trigger's condition is asked of the event before there is a run.
OF_EVENTS = frozenset({"before", "after", "input"})
RUN = Schema(fields=dict.fromkeys(("id", "number", "workflow", "version"), dyn), closed=True)


class HasOutput(Protocol):
    @property
    def output(self) -> Mapping[str, Any] | None: ...
    @property
    def repeats(self) -> bool: ...


Types = Mapping[str, HasOutput]


def check_dynamic(
    value: JSON, document: Document, node: Node, before: frozenset[str] | None, types: Types
) -> Iterator[tuple[str, str]]:
    """Faults of an expression or a template, as code and sentence.

    `before` names the steps that may be read, or is None where a cycle leaves that open.
    """
    try:
        references = compile_value(value).references
    except ExpressionError as error:
        yield error.code, error.message
        return
    inside = _has_item(node, types)
    faults = [fault for path in sorted(references) for fault in _check_path(path, document, node, before, inside)]
    yield from faults
    if not faults:
        try:
            compile_value(value, known=names_at(document, node, before, types))
        except ExpressionError as error:
            yield error.code, error.message


def names_at(document: Document, node: Node, before: frozenset[str] | None, types: Types) -> Names:
    """The names an expression may use at the node, with what is known of their fields."""
    if node.type.startswith(RECORD_TRIGGER):
        return dict.fromkeys(OF_EVENTS, dyn)
    readable = document.nodes if before is None else before
    steps = {step: Schema(fields={"output": _output(document.nodes[step], types)}, closed=True) for step in readable}
    inside = dict.fromkeys(INSIDE_MAP, dyn) if _has_item(node, types) else {}
    given = document.input_schema
    return {
        "input": Schema.from_json_schema(given) if isinstance(given, dict) else dyn,
        "steps": Schema(fields=steps, closed=True),
        "run": RUN,
        "now": dyn,
        **inside,
    }


def _has_item(node: Node, types: Types) -> bool:
    """Inside a For each or a Repeat; a Repeat itself may ask about what its steps gave last."""
    found = types.get(node.type)
    return node.parent is not None or (found is not None and found.repeats)


def _output(node: Node, types: Types) -> Schema:
    found = types.get(node.type)
    return Schema.from_json_schema(found.output) if found and found.output else dyn


def _check_path(
    path: tuple[str, ...], document: Document, node: Node, before: frozenset[str] | None, inside: bool
) -> Iterator[tuple[str, str]]:
    if path[0] in INSIDE_MAP and not inside:
        yield "not_in_map", f"{path[0]!r} is known only inside a For each."
    if path[0] != "steps" or len(path) == 1:
        return
    source = document.nodes.get(path[1])
    if source is None:
        yield "unknown_step", f"There is no step {path[1]!r}."
    elif before is not None and source.id not in before:
        name = source.label or source.id
        if source.parent and source.parent != node.parent:
            yield "not_upstream", f"“{name}” is inside a For each. Read steps.{source.parent}.output after it."
        else:
            yield "not_upstream", f"“{name}” does not come before this step."
