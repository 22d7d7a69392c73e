"""Where the columns of a table go: {"column": target} or {"column": [targets]}, checked and applied to rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# name, email, phone_number, kind, notes and lifecycle are stored; the others are looked up or made.
OWN_TARGETS = ("name", "email", "phone_number", "kind", "notes", "lifecycle", "owner", "tags", "service_start")
_NOTHING = frozenset({"", "no", "false", "n", "0", "none", "否", "无"})
_SIMPLY_YES = frozenset({"yes", "true", "y", "1", "x", "是", "有"})

_LONGEST_TARGET = 120

Mapped = Mapping[str, Any]


class WrongMapping(ValueError):
    """Names the column and says what is wrong with its target."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True)
class Values:
    """What one row says of one customer. Empty cells say nothing."""

    own: dict[str, str] = field(default_factory=dict)
    custom: dict[str, str] = field(default_factory=dict)
    services: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def targets_of(mapping: Mapped, columns: Sequence[str], custom_keys: Sequence[str]) -> list[tuple[int, str]]:
    """(column's index, target), or WrongMapping. A column may have several targets, a field only one column."""
    targets: list[tuple[int, str]] = []
    used: dict[str, str] = {}
    for column, given in mapping.items():
        if column not in columns:
            raise WrongMapping(column, "The file has no such column.")
        for target in [given] if isinstance(given, str) else given if isinstance(given, list) else [None]:
            if target == "":
                continue
            if not isinstance(target, str) or not target.isprintable() or len(target) > _LONGEST_TARGET:
                raise WrongMapping(column, "Give a target, or a list of targets.")
            _check_target(column, target, custom_keys)
            if target in used:
                raise WrongMapping(column, f"{target} is taken from {used[target]!r} already.")
            used[target] = column
            targets.append((columns.index(column), target))
    if not targets:
        raise WrongMapping("", "Say where at least one column goes.")
    return targets


def _check_target(column: str, target: str, custom_keys: Sequence[str]) -> None:
    kind, _, rest = target.partition(":" if target.startswith("service:") else ".")
    if target in OWN_TARGETS or (kind in ("new", "service") and rest.strip()):
        return
    if kind == "custom" and rest in custom_keys:
        return
    known = ", ".join(OWN_TARGETS)
    raise WrongMapping(
        column, f"{target!r} is no target; use {known}, custom.<key>, new.<key>, new.<key>:<type> or service:<type>."
    )


def new_fields(mapping: Mapped) -> dict[str, tuple[str, str]]:
    """The custom fields that are yet to be made: by column, key and type; without a type it is detected."""
    found = {}
    for column, given in mapping.items():
        for target in [given] if isinstance(given, str) else given:
            if target.startswith("new."):
                key, _, field_type = target.removeprefix("new.").partition(":")
                found[column] = (key, field_type)
    return found


def with_fields_made(mapping: Mapped) -> dict[str, Any]:
    def made(target: str) -> str:
        return f"custom.{_key(target)}" if target.startswith("new.") else target

    return {key: made(given) if isinstance(given, str) else [made(one) for one in given]
            for key, given in mapping.items()}  # fmt: skip


def _key(target: str) -> str:
    return target.partition(".")[2].partition(":")[0]


def values_of(row: Sequence[str], targets: Sequence[tuple[int, str]]) -> Values:
    own: dict[str, str] = {}
    custom: dict[str, str] = {}
    services: list[str] = []
    tags: list[str] = []
    for index, target in targets:
        cell = row[index]
        if target.startswith("service:"):
            services += _service(target.removeprefix("service:").strip(), cell)
        elif target == "tags":
            tags += [tag.strip() for tag in cell.replace(";", ",").split(",") if tag.strip()]
        elif cell and target.startswith(("custom.", "new.")):
            custom[_key(target)] = cell
        elif cell:
            own[target] = cell
    return Values(own, custom, tuple(services), tuple(dict.fromkeys(tags)))


def _service(service_type: str, cell: str) -> list[str]:
    """`Yes` gives the type, `Fiber optic` the type with it, `No` and `No internet service` nothing."""
    word = cell.strip().lower()
    if word in _NOTHING or word.startswith("no "):
        return []
    return [service_type if word in _SIMPLY_YES else f"{service_type}: {cell.strip()}"[:100]]
