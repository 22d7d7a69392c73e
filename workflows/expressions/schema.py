"""Types at save time: which names and fields an expression may use, from JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.expressions.limits import ExpressionError
from workflows.expressions.operators import hint
from workflows.expressions.syntax import Choice, Field, Has, Index, Name, Node, Walk, children


@dataclass(frozen=True)
class Schema:
    """An object with known fields, a list with a known element, or, with neither, anything."""

    fields: Mapping[str, Schema] | None = None
    element: Schema | None = None
    closed: bool = False  # no other fields than these

    @classmethod
    def from_json_schema(cls, raw: Mapping[str, Any]) -> Schema:
        if isinstance(raw.get("properties"), Mapping):
            fields = {name: cls.from_json_schema(inner) for name, inner in raw["properties"].items()}
            return cls(fields=fields, closed=raw.get("additionalProperties") is False)
        if isinstance(raw.get("items"), Mapping):
            return cls(element=cls.from_json_schema(raw["items"]))
        return dyn


dyn = Schema()
Names = Mapping[str, Schema]


def check(node: Node, names: Names) -> Schema:
    """The type of what the expression gives; raises ExpressionError at an unknown name or field."""
    match node:
        case Name(name=name, at=at):
            if name not in names:
                raise ExpressionError(f"There is no {name!r} here.{hint(name, names)}", code="no_such_name", position=at)
            return names[name]
        case Field(of=of, name=name, at=at):
            return _field(check(of, names), name, at)
        case Has(of=of):
            check(of, names)
            return dyn
        case Index(of=of, index=index):
            check(index, names)
            return check(of, names).element or dyn
        case Walk():
            return _walk(node, names)
        case Choice(condition=condition, then=then, otherwise=otherwise):
            check(condition, names)
            check(otherwise, names)
            return check(then, names)
    for child in children(node):
        check(child, names)
    return dyn


def _field(of: Schema, name: str, at: int) -> Schema:
    if of.fields is None:
        return dyn
    if name not in of.fields and of.closed:
        message = f"There is no field {name!r}.{hint(name, of.fields)}"
        raise ExpressionError(message, code="no_such_field", position=at)
    return of.fields.get(name, dyn)


def _walk(node: Walk, names: Names) -> Schema:
    over = check(node.over, names)
    inner = {**names, node.variable: over.element or dyn}
    results = [check(body, inner) for body in node.bodies]
    if node.kind == "filter":
        return over
    return Schema(element=results[-1]) if node.kind == "map" else dyn


def references(node: Node, bound: frozenset[str] = frozenset()) -> frozenset[tuple[str, ...]]:
    """The paths that the expression reads from its scope, such as ("steps", "score", "output")."""
    path = _path(node)
    if path is not None:
        return frozenset() if path[0] in bound else frozenset({path})
    if isinstance(node, Walk):
        inner = bound | {node.variable}
        return references(node.over, bound).union(*(references(body, inner) for body in node.bodies))
    found: frozenset[tuple[str, ...]] = frozenset()
    return found.union(*(references(child, bound) for child in children(node)))


def _path(node: Node) -> tuple[str, ...] | None:
    if isinstance(node, Name):
        return (node.name,)
    if isinstance(node, (Field, Has)):
        before = _path(node.of)
        return None if before is None else (*before, node.name)
    return None
