"""Checks values against the models' fields and the custom fields, and collects what is wrong with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from crm.errors import FieldProblem, InvalidInput
from crm.models import CustomField
from crm.models.fields import FieldType

Definitions = Mapping[str, CustomField]
_MOST_SHOWN = 50
MAX_DEPTH = 100
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Problems:
    """Gathers the problems of one act, so that its author hears of all of them at once."""

    def __init__(self) -> None:
        self.found: list[FieldProblem] = []
        self.accepted: dict[tuple[type[Model], str, Any] | None, Any] = {}

    def add(self, field: str, message: str, code: str = "invalid") -> None:
        self.found.append({"field": field, "code": code, "message": message})

    def raise_if_any(self) -> None:
        if self.found:
            first = self.found[0]
            detail = f"{first['field']}: {first['message']}" if first["field"] else first["message"]
            raise InvalidInput(detail, errors=self.found[:_MOST_SHOWN])


def refuse(field: str, message: str, code: str = "invalid") -> InvalidInput:
    """The error of a single wrong field."""
    return InvalidInput(f"{field}: {message}", errors=[{"field": field, "code": code, "message": message}])


def is_too_deep(value: Any) -> bool:
    """Level by level, because what is deep enough to ask about is too deep to recurse into."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for outer in level
            if isinstance(outer, (dict, list))
            for item in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def why_not_kept(value: Any) -> str:
    """Why Postgres can't keep the value as JSON; empty if it can."""
    if is_too_deep(value):
        return f"Values lie at most {MAX_DEPTH} levels deep."
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (ValueError, TypeError):
        return "This holds a number or characters that can't be kept, such as infinity or half a character."
    return "Remove the NUL character." if _NUL.search(text) else ""


def clean_fields(model: type[Model], values: Mapping[str, Any], problems: Problems, prefix: str = "") -> dict[str, Any]:
    """The values as the model's fields store them; what can't be stored is left out and becomes a problem."""
    cleaned: dict[str, Any] = {}
    for name, value in values.items():
        given = value.strip() if isinstance(value, str) else value
        # In bulk most values repeat.
        known = (model, name, given) if isinstance(given, (str, datetime)) else None
        if known in problems.accepted:
            cleaned[name] = problems.accepted[known]
            continue
        try:
            cleaned[name] = _clean_field(model, name, given)
        except ValidationError as error:
            problems.add(prefix + name, " ".join(error.messages), str(getattr(error, "code", None) or "invalid"))
            continue
        if known:
            problems.accepted[known] = cleaned[name]
    return cleaned


def _clean_field(model: type[Model], name: str, value: Any) -> Any:
    if isinstance(value, str) and "\x00" in value:
        raise ValidationError("Remove the NUL character.", code="nul")
    return model._meta.get_field(name).clean(value, None)  # type: ignore[union-attr]


def clean_custom(
    definitions: Definitions, values: Mapping[str, Any], problems: Problems, prefix: str = "", *, complete: bool = False
) -> dict[str, Any]:
    """The custom values in their types; None stands for a value to be removed. `complete` demands required fields."""
    cleaned: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}custom.{key}"
        if key not in definitions:
            problems.add(name, f"There is no custom field {key!r}; add it in the settings first.", "unknown_field")
            continue
        try:
            cleaned[key] = clean_custom_value(definitions[key], value)
        except ValueError as error:
            problems.add(name, str(error))
            continue
        if cleaned[key] is None and definitions[key].required:
            problems.add(name, f"{definitions[key].label} is required.", "required")
    if complete:
        for key, definition in definitions.items():
            if definition.required and key not in values:
                problems.add(f"{prefix}custom.{key}", f"{definition.label} is required.", "required")
    return cleaned


def clean_custom_value(definition: CustomField, value: Any) -> Any:
    """The value in the field's type, or ValueError with a sentence; blank text is no value."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if definition.type == FieldType.CHOICE:
        return _choice(definition, value)
    return _READERS[FieldType(definition.type)](value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Give a text.")
    if "\x00" in value or (not value.isascii() and _has_surrogates(value)):
        raise ValueError("Remove the characters that are no text.")
    if len(value) > 10_000:
        raise ValueError("Give at most 10,000 characters.")
    return value.strip()


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _number(value: Any) -> int | float:
    if isinstance(value, bool):
        raise ValueError("Give a number, such as 12.5.")
    try:
        number = float(value.strip().replace(" ", "") if isinstance(value, str) else value)
    except (TypeError, ValueError):
        raise ValueError("Give a number, such as 12.5.") from None
    if not -1e15 < number < 1e15:
        raise ValueError("Give a number below 10^15.")
    return int(number) if number.is_integer() else number


_YES = {"yes", "true", "1", "y", "on", "是"}
_NO = {"no", "false", "0", "n", "off", "否"}


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("Give yes or no.")


def _date(value: Any) -> str:
    if isinstance(value, date):
        return date(value.year, value.month, value.day).isoformat()
    try:
        return date.fromisoformat(str(value).strip()[:10]).isoformat()
    except ValueError:
        raise ValueError("Give a date as year-month-day, such as 2026-03-31.") from None


def _choice(definition: CustomField, value: Any) -> str:
    if str(value) not in definition.choices:
        raise ValueError(f"Choose one of: {', '.join(map(str, definition.choices))}.")
    return str(value)


_READERS: Mapping[FieldType, Callable[[Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
}
