"""What is known of values before there are any: a light tree of types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import NoneType
from typing import Any

# The kinds a value may have, each with the exact types of Python that it is held in.
KINDS: dict[str, frozenset[type]] = {
    "number": frozenset({int, float}),
    "whole number": frozenset({int}),
    "decimal number": frozenset({float}),
    "text": frozenset({str}),
    "timestamp": frozenset({datetime}),
    "duration": frozenset({timedelta}),
    "list": frozenset({list}),
    "object": frozenset({dict}),
    "yes or no": frozenset({bool}),
    "null": frozenset({NoneType}),
}
ANYTHING = frozenset(kind for kinds in KINDS.values() for kind in kinds)
KINDS["value"] = ANYTHING
ARTICLES = {"object": "an object", "null": "null", "yes or no": "yes or no", "": "a value"}
_NAMES = {next(iter(types)): kind for kind, types in KINDS.items() if len(types) == 1}
_JSON_KINDS = {
    "null": "null", "boolean": "yes or no", "integer": "whole number", "number": "number", "string": "text",
    "array": "list", "object": "object",
}  # fmt: skip
_DEEPEST = 20


def kind_of(value: Any) -> str:
    """The word for what a value is; data that came from elsewhere than JSON goes by its type."""
    return _NAMES.get(type(value)) or type(value).__name__


def a_kind(kind: str) -> str:
    return ARTICLES.get(kind, f"a {kind}")


@dataclass(frozen=True)
class Schema:
    """An object with known fields, a list with a known element, a kind; with none of them, anything."""

    kind: str = ""  # one of KINDS, or unknown
    fields: Mapping[str, Schema] | None = None
    element: Schema | None = None  # of a list; of an object, its other fields
    closed: bool = False  # no other fields than these
    values: tuple[str, ...] = ()  # the only texts it may be

    def __post_init__(self) -> None:
        if not self.kind and (self.fields is not None or self.element is not None):
            object.__setattr__(self, "kind", "list" if self.fields is None else "object")

    @property
    def types(self) -> frozenset[type]:
        return KINDS.get(self.kind, ANYTHING)

    def field(self, name: str) -> Schema | None:
        """The type of a field, or None if there can't be one."""
        if not self.kind:
            return dyn
        if self.fields is not None and name in self.fields:
            return self.fields[name]
        if self.kind != "object" or self.closed:
            return None
        return self.element or dyn

    @classmethod
    def from_json_schema(cls, raw: Mapping[str, Any], *, closed: bool = False) -> Schema:
        """With `closed`, an object has only the fields it lists, unless its schema says otherwise."""
        return _Reader(raw, closed).read(raw, 0)


dyn = Schema()
Names = Mapping[str, Schema]
# An object's fields serve as names too.
Known = Names | Schema


@dataclass(frozen=True)
class _Reader:
    """Reads JSON Schema; what it does not understand may be anything."""

    root: Mapping[str, Any]
    closed: bool

    def read(self, raw: Any, depth: int) -> Schema:
        if not isinstance(raw, Mapping) or depth > _DEEPEST:
            return dyn
        if "$ref" in raw:
            return self.read(self._referred(raw["$ref"]), depth + 1)
        for union in ("anyOf", "oneOf"):
            if union in raw:
                return self._union(raw[union], depth + 1)
        types = raw.get("type", "object" if "properties" in raw else None)
        if isinstance(types, list):
            return self._union([{**raw, "type": one} for one in types], depth + 1)
        kind = _JSON_KINDS.get(types, "") if isinstance(types, str) else ""
        return self._of_kind(kind, raw, depth + 1)

    def _of_kind(self, kind: str, raw: Mapping[str, Any], depth: int) -> Schema:
        if kind == "list":
            return Schema(kind, element=self.read(raw.get("items"), depth))
        if kind == "object":
            return self._object(raw, depth)
        values = raw.get("enum", [raw["const"]] if "const" in raw else None)
        if isinstance(values, list) and values and all(isinstance(value, str) for value in values):
            return Schema("text", values=tuple(values))
        return Schema(kind) if kind else dyn

    def _object(self, raw: Mapping[str, Any], depth: int) -> Schema:
        listed, others = raw.get("properties"), raw.get("additionalProperties")
        if not isinstance(listed, Mapping):
            return Schema("object", element=self.read(others, depth))
        fields = {str(name): self.read(inner, depth) for name, inner in listed.items()}
        closed = others is False or (self.closed and others is None)
        return Schema("object", fields=fields, element=self.read(others, depth), closed=closed)

    def _union(self, members: Any, depth: int) -> Schema:
        """What may be missing is checked as if it were there; other unions may be anything."""
        found = [self.read(one, depth) for one in members] if isinstance(members, list) else []
        found = [one for one in found if one.kind != "null"]
        return found[0] if len(found) == 1 else dyn

    def _referred(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return None
        at: Any = self.root
        for part in reference[2:].split("/"):
            at = at.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(at, Mapping) else None
        return at
