"""Checks one step's config: its fixed values against the schema of its type, its expressions against what is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workflows.graph.document import JSON, Document, Node, Problem, problem
from workflows.graph.scope import check_expression, check_template

Path = tuple[str | int, ...]
EXPRESSION = "$expr"
_WORDS = {
    "missing": "Fill this in.",
    "extra_forbidden": "This step has no such setting.",
    "string_too_short": "Fill this in.",
}


class HasConfig(Protocol):
    @property
    def config(self) -> type[BaseModel]: ...


def check_config(
    document: Document, node: Node, step_type: HasConfig, before: frozenset[str] | None
) -> Iterator[Problem]:
    """`before` names the steps that may be read, or is None where a cycle leaves that open."""
    dynamic = dict(find_expressions(node.config))
    yield from _check_fixed(node, step_type.config, set(dynamic))
    for path, source in dynamic.items():
        check = check_template if isinstance(source, str) else check_expression
        text = source if isinstance(source, str) else source[EXPRESSION]
        for code, message in check(text, document, node, before):
            yield problem(code, message, node=node.id, field=_dotted(path))


def is_expression(value: JSON) -> bool:
    return isinstance(value, dict) and set(value) == {EXPRESSION}


def find_expressions(value: JSON, path: Path = ()) -> Iterator[tuple[Path, JSON]]:
    """Every {"$expr": …} and every text with {{ … }} in it, with the way to it."""
    if is_expression(value) or (isinstance(value, str) and "{{" in value):
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
        if isinstance(at, dict) and key in at:
            at = at[key]
        elif isinstance(at, list) and isinstance(key, int) and key < len(at):
            at = at[key]
        elif position < len(loc) - 1 or not isinstance(at, dict):
            continue
        path.append(key)
    return tuple(path)


def _sentence(details: ErrorDetails) -> str:
    message = _WORDS.get(details["type"]) or details["msg"].removeprefix("Value error, ")
    return message if message.endswith((".", "?")) else f"{message}."


def _dotted(path: Path) -> str | None:
    return ".".join(str(part) for part in path) or None
