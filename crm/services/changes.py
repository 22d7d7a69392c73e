"""Says what a change changed, for the audit trail and the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db.models import Model

from crm.audit import Change

_LONGEST_VALUE = 60
_NAMES = {"owner_id": "Owner", "assignee_id": "Assignee", "service_id": "Service"}


def changed_values(change: Change) -> Change:
    """The change with only the values that differ; of `custom`, only the keys that differ."""
    before, after = _differing(change.before, change.after)
    if "custom" in after:
        old, new = before["custom"] or {}, after["custom"] or {}
        before["custom"], after["custom"] = _differing(old, new)
    return Change(change.target, before, after)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return {key: before.get(key) for key in keys}, {key: after.get(key) for key in keys}


def describe(change: Change) -> str:
    """A sentence such as `Lifecycle: Active → At risk`, of a change with only the values that differ."""
    parts = []
    for key, value in change.after.items():
        if key == "custom":
            parts += [
                f"{_name(name)}: {_show(change.before['custom'].get(name))} → {_show(new)}"
                for name, new in value.items()
            ]
        elif key in _NAMES or key in ("notes", "description"):
            parts.append(f"{_name(key)} changed")
        else:
            parts.append(f"{_name(key)}: {_shown(change, key, change.before[key])} → {_shown(change, key, value)}")
    return "; ".join(parts)


def _name(key: str) -> str:
    return _NAMES.get(key, key.replace("_", " ").capitalize())


def _shown(change: Change, key: str, value: Any) -> str:
    return _show(_choices(type(change.target), key).get(value, value))


@cache
def _choices(model: type[Model], key: str) -> Mapping[Any, Any]:
    return dict(model._meta.get_field(key).flatchoices)  # type: ignore[union-attr]


def _show(value: Any) -> str:
    if value in (None, ""):
        return "—"
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
