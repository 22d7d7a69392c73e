"""The step types there are. `agents` fills it at start-up; a doubled key is an error."""

from __future__ import annotations

from typing import Any

from workflows.steps import StepType

_types: dict[str, StepType[Any]] = {}
_aliases: dict[str, str] = {}


def register(step_type: StepType[Any]) -> None:
    names = (step_type.key, *step_type.aliases)
    taken = [name for name in names if name in _types or name in _aliases]
    if taken:
        raise ValueError(f"Step type {', '.join(taken)} is registered twice.")
    _types[step_type.key] = step_type
    _aliases.update(dict.fromkeys(step_type.aliases, step_type.key))


def find(key: str) -> StepType[Any] | None:
    return _types.get(_aliases.get(key, key))


def get(key: str) -> StepType[Any]:
    step_type = find(key)
    if step_type is None:
        raise KeyError(f"There is no step type {key!r}.")
    return step_type


def all_types() -> list[StepType[Any]]:
    return list(_types.values())


def aliases() -> dict[str, str]:
    """Other names that documents may use, and the step types' own."""
    return dict(_aliases)


def by_key() -> dict[str, StepType[Any]]:
    return dict(_types)
