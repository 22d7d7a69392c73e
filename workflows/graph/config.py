"""Checks one step's config: its fixed values against the schema of its type, its expressions against what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workflows.expressions import is_template
from workflows.expressions.bindings import EXPRESSION_KEY
from workflows.graph.document import JSON, Document, Node, Problem, problem
from workflows.graph.scope import RECORD_TRIGGER, HasOutput, check_dynamic

Path = tuple[str | int, ...]
_WORDS = {
    "missing": "Fill this in.",
    "extra_forbidden": "This step has no such setting.",
    "string_too_short": "Fill this in.",
}


class HasConfig(HasOutput, Protocol):
    @property
    def config(self) -> type[BaseModel]: ...


def check_config(
    document: Document, node: Node, types: Mapping[str, HasConfig], before: frozenset[str] | None
) -> Iterator[Problem]:
    """`before` names the steps that may be read, or is None where a cycle leaves that open."""
    dynamic = dict(find_expressions(node.config))
    condition = node.config.get("condition")
    if node.type.startswith(RECORD_TRIGGER) and isinstance(condition, str) and condition:
        dynamic["condition",] = {EXPRESSION_KEY: condition}
    yield from _check_fixed(node, types[node.type].config, set(dynamic))
    for path, value in dynamic.items():
        if _is_fixed(types[node.type].config, path):
            yield problem("not_fixed", "Write this out; it can't be an expression.", node=node.id, field=_dotted(path))
        for code, message in check_dynamic(value, document, node, before, types):
            yield problem(code, message, node=node.id, field=_dotted(path))


def _is_fixed(schema: type[BaseModel], path: Path) -> bool:
    """Whether the field must be known before there is a run."""
    field = schema.model_fields.get(str(path[0])) if path else None
    extra = field.json_schema_extra if field else None
    return isinstance(extra, dict) and bool(extra.get("x-fixed"))


def find_expressions(value: JSON, path: Path = ()) -> Iterator[tuple[Path, JSON]]:
    """Every {"$expr": …} and every text with {{ … }} in it, with the way to it."""
    if (isinstance(value, str) and is_template(value)) or (isinstance(value, dict) and EXPRESSION_KEY in value):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from find_expressions(item, (*path, key))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from find_expressions(item, (*path, position))


def _check_fixed(node: Node, schema: type[BaseModel], dynamic: set[Path]) -> Iterator[Problem]:
    try:
        schema.model_validate(dict(node.config))
    except ValidationError as error:
        for details in error.errors(include_url=False, include_input=False):
            path = _way_to(node.config, details["loc"])
            # What an expression gives is known only when the step runs.
            if not any(path[:length] in dynamic for length in range(len(path) + 1)):
                yield problem("bad_config", _sentence(details), node=node.id, field=_dotted(path))


def _way_to(config: JSON, loc: Sequence[str | int]) -> Path:
    """An error's way through the config, without the names that pydantic adds for the members of a union."""
    path: list[str | int] = []
    at = config
    for position, key in enumerate(loc):
        is_there = key in at if isinstance(at, dict) else isinstance(at, list) and key in range(len(at))
        if is_there:
            at = at[key]
        if is_there or (position == len(loc) - 1 and isinstance(at, dict)):
            path.append(key)
    return tuple(path)


def _sentence(details: ErrorDetails) -> str:
    message = _WORDS.get(details["type"]) or details["msg"].removeprefix("Value error, ")
    return message if message.endswith((".", "?")) else f"{message}."


def _dotted(path: Path) -> str | None:
    return ".".join(str(part) for part in path) or None
