"""Cases to plan: the one that was given with the model, and those of a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.planner.model import Case, Node, PlanError, Task


def mission(duration_of_c: float = 1.0) -> Case:
    """Two nodes, three tasks. How long C takes is not given with the case; 1 is our choice."""
    return Case(
        tasks=[
            Task("A", duration=2, units=1, depends_on=("C",)),
            Task("B", duration=3, units=2, depends_on=("C",)),
            Task("C", duration=duration_of_c, units=1),
        ],
        nodes=[Node("node-1", 3), Node("node-2", 4)],
    )


def read(document: Any) -> Case:
    """A case from JSON: {"nodes": [{"name", "capacity"}], "tasks": [{"id", "duration", …}]}."""
    if not isinstance(document, Mapping):
        raise PlanError("shape", "The file must hold an object with nodes and tasks.")
    return Case(
        tasks=[_task(one, place) for place, one in enumerate(_list(document, "tasks"))],
        nodes=[_node(one, place) for place, one in enumerate(_list(document, "nodes"))],
    )


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    if not isinstance(found, list) or not found:
        raise PlanError("shape", f"The file must have a list of {name} that is not empty.")
    return found


_TASK = {
    "id": str, "duration": float, "units": int, "depends_on": tuple, "priority": int, "release": float, "key": str,
    "pool": str, "job": str, "predicted": float,
}  # fmt: skip
_NODE = {"name": str, "capacity": int, "pool": str}


def _task(given: Any, place: int) -> Task:
    fields = _fields(given, _TASK, f"tasks[{place}]", ("id", "duration"))
    return Task(**fields)


def _node(given: Any, place: int) -> Node:
    return Node(**_fields(given, _NODE, f"nodes[{place}]", ("name", "capacity")))


def _fields(given: Any, known: Mapping[str, type], where: str, needed: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise PlanError("shape", f"{where} must be an object.")
    for name in needed:
        if name not in given:
            raise PlanError("shape", f"{where} needs {name}.")
    found = {}
    for name, value in given.items():
        if name not in known:
            raise PlanError("shape", f"{where} has {name}, which is not one of {', '.join(known)}.")
        found[name] = _value(value, known[name], f"{where}.{name}")
    return found


def _value(value: Any, kind: type, where: str) -> Any:
    if kind is tuple:
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return tuple(value)
        raise PlanError("shape", f"{where} must be a list of ids.")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise PlanError("shape", f"{where} must be a {'number' if kind in (int, float) else 'text'}.")
    return value
