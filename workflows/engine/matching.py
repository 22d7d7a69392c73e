"""Whether an event is one that a trigger waits for, and what its run is given."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from workflows.expressions import ExpressionError, compile_expression

logger = logging.getLogger(__name__)
JSON = Any
Payload = Mapping[str, JSON]
Config = Mapping[str, JSON]

RUN_ENDED = "run.ended"
_CUSTOM = "custom."


def input_of(step_type: str, config: Config, payload: Payload) -> dict[str, JSON] | None:
    """The input of the run that the event starts; None if it starts none."""
    return _READERS.get(step_type, _changed_record)(config, payload)


def _changed_record(config: Config, payload: Payload) -> dict[str, JSON] | None:
    return dict(payload) if matches(config, payload) else None


def matches(config: Config, payload: Payload) -> bool:
    """Whether one of the watched fields changed, and the condition over before and after holds."""
    fields = config.get("fields") or []
    if fields and not set(fields) & set(payload.get("changed") or []):
        return False
    condition = config.get("condition")
    if not condition:
        return True
    source = condition["$expr"] if isinstance(condition, Mapping) else condition
    scope = {"before": payload.get("before") or {}, "after": payload.get("after") or {}, "input": payload}
    try:
        return compile_expression(source).evaluate(scope) is True
    except ExpressionError as error:
        logger.warning("A trigger's condition failed: %s", error)
        return False


def _became(config: Config, payload: Payload) -> dict[str, JSON] | None:
    field = str(config["field"])
    was, value = _value(payload.get("before"), field), _value(payload.get("after"), field)
    if was == value or not _is_wanted(config.get("values") or [], value):
        return None
    return {**payload, "field": field, "was": was, "value": value}


def _value(record: JSON, field: str) -> JSON:
    record = record or {}
    if field.startswith(_CUSTOM):
        return (record.get("custom") or {}).get(field.removeprefix(_CUSTOM))
    return record.get(field)


def _is_wanted(values: list[str], value: JSON) -> bool:
    if value is None or value == "":
        return False
    return not values or any(_is_same(wanted.strip(), value) for wanted in values)


def _is_same(wanted: str, value: JSON) -> bool:
    """Whether the text that a person wrote means the value."""
    if isinstance(value, bool):
        return wanted.lower() in (("yes", "true") if value else ("no", "false"))
    if isinstance(value, (int, float)):
        try:
            return float(wanted) == value
        except ValueError:
            return False
    return wanted == str(value)


def _ended(config: Config, payload: Payload) -> dict[str, JSON] | None:
    if config.get("workflow") != payload.get("workflow"):
        return None
    if config.get("state") not in ("any", str(payload.get("state")).lower()):
        return None
    return {key: value for key, value in payload.items() if key != "caused_by"}


_READERS: Mapping[str, Callable[[Config, Payload], dict[str, JSON] | None]] = {
    "trigger_field_became": _became,
    "trigger_workflow": _ended,
}
