"""Forms that people fill in: drawn from, and checked against, a small documented part of JSON Schema.

An object whose properties are text, numbers, yes or no, or one of a list; with `title`, `description`, `default`,
`enum`, `minimum`, `maximum`, `minLength`, `maxLength`, `format` (date, email), `required`, and `x-order`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.errors import FieldProblem
from crm.validation import why_not_kept

JSON = Any
LONGEST_TEXT = 10_000
_LARGEST = sys.float_info.max
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


@dataclass(frozen=True)
class FormField:
    name: str
    label: str
    help: str
    widget: str  # text, textarea, number, checkbox, select, date, email
    required: bool
    choices: tuple[JSON, ...]
    default: JSON
    schema: Mapping[str, JSON]


def fields_of(schema: Mapping[str, JSON]) -> list[FormField]:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return []
    required = schema.get("required") or []
    # Postgres keeps JSON without its order, so a form says it.
    ordered = sorted(properties.items(), key=lambda entry: entry[1].get("x-order", 0))
    return [_field(name, written, name in required) for name, written in ordered]


def _field(name: str, schema: Mapping[str, JSON], required: bool) -> FormField:
    return FormField(
        name=name,
        label=schema.get("title") or name.replace("_", " ").capitalize(),
        help=schema.get("description", ""),
        widget=_widget(schema),
        required=required,
        choices=tuple(schema.get("enum") or ()),
        default=schema.get("default"),
        schema=schema,
    )


def _widget(schema: Mapping[str, JSON]) -> str:
    if schema.get("enum"):
        return "select"
    kind = schema.get("type", "string")
    if kind == "string":
        asked = schema.get("x-widget") or schema.get("format")
        return asked if asked in ("textarea", "date", "email") else "text"
    return {"number": "number", "integer": "number", "boolean": "checkbox"}.get(kind, "text")


def read_answers(schema: Mapping[str, JSON], posted: Mapping[str, str]) -> dict[str, JSON]:
    """Answers as a browser posts them, each turned into its field's type where that is possible."""
    answers: dict[str, JSON] = {}
    for field in fields_of(schema):
        text = posted.get(field.name, "").strip()
        if field.widget == "checkbox":
            answers[field.name] = bool(text)
        elif text:
            answers[field.name] = _typed(field, text)
    return answers


def _typed(field: FormField, text: str) -> JSON:
    if field.choices:
        return next((choice for choice in field.choices if str(choice) == text), text)
    if field.widget == "number":
        try:
            return int(text) if field.schema.get("type") == "integer" else float(text)
        except ValueError:
            return text
    return text


def check_answers(schema: Mapping[str, JSON], answers: Mapping[str, JSON]) -> list[FieldProblem]:
    """What keeps the answers from being taken; an empty form takes no answers."""
    fields = {field.name: field for field in fields_of(schema)}
    unknown = [_problem(name, "unknown", "The form has no such field.") for name in answers if name not in fields]
    found = [_fault(field, answers.get(field.name)) for field in fields.values()]
    return [*unknown, *(fault for fault in found if fault)]


def _fault(field: FormField, value: JSON) -> FieldProblem | None:
    if value is None or value == "":
        return _problem(field.name, "missing", "Fill this in.") if field.required else None
    if field.choices and value not in field.choices:
        return _problem(field.name, "not_a_choice", "Choose one of the list.")
    message = _CHECKS.get(field.schema.get("type", "string"), _check_text)(field.schema, value)
    return _problem(field.name, "bad_value", message) if message else None


def _check_text(schema: Mapping[str, JSON], value: JSON) -> str:
    longest = min(schema.get("maxLength", LONGEST_TEXT), LONGEST_TEXT)
    if not isinstance(value, str):
        return "This must be text."
    if fault := why_not_kept(value):
        return fault
    if not schema.get("minLength", 0) <= len(value) <= longest:
        return f"Between {schema.get('minLength', 0)} and {longest:,} characters."
    if schema.get("format") == "email" and not EMAIL.fullmatch(value):
        return "This is no e-mail address."
    if schema.get("format") == "date" and not _is_date(value):
        return "A date such as 2026-03-31."
    return ""


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _check_number(schema: Mapping[str, JSON], value: JSON) -> str:
    whole = schema.get("type") == "integer"
    # Compared, because isfinite() fails on whole numbers that no float can hold.
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
    if not is_number or (whole and value != int(value)):
        return "A whole number." if whole else "A number."
    if value < schema.get("minimum", value) or value > schema.get("maximum", value):
        return f"Between {schema.get('minimum', '−∞')} and {schema.get('maximum', '∞')}."
    return ""


def _check_boolean(_schema: Mapping[str, JSON], value: JSON) -> str:
    return "" if isinstance(value, bool) else "Yes or no."


_CHECKS = {"string": _check_text, "number": _check_number, "integer": _check_number, "boolean": _check_boolean}


def _problem(name: str, code: str, message: str) -> FieldProblem:
    return {"field": name, "code": code, "message": message}
