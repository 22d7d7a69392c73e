"""Forms over the services: what is asked, what was given, and the services' problems beside the fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from crm.errors import InvalidInput
from crm.models import CustomField
from crm.models.fields import FieldType

Choices = Sequence[tuple[Any, Any]]

_YES_NO: Choices = (("yes", _("Yes")), ("no", _("No")))
_INPUT_OF = {
    FieldType.TEXT: "text",
    FieldType.NUMBER: "number",
    FieldType.DATE: "date",
    FieldType.BOOLEAN: "select",
    FieldType.CHOICE: "select",
}


@dataclass(frozen=True)
class Input:
    """One thing that a form asks."""

    name: str
    label: Any
    kind: str = "text"  # text, email, tel, number, date, datetime-local, textarea, select, checks
    choices: Choices = ()
    required: bool = False
    help: Any = ""
    blank: Any = "—"  # the word for no choice
    value: Any = ""
    error: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return "field-" + self.name.replace(".", "-")


@dataclass(frozen=True)
class Form:
    inputs: Sequence[Input]
    general: Sequence[str] = ()  # problems of no field that is shown

    @property
    def own(self) -> list[Input]:
        return [one for one in self.inputs if not one.name.startswith("custom.")]

    @property
    def custom(self) -> list[Input]:
        return [one for one in self.inputs if one.name.startswith("custom.")]


def build(inputs: Iterable[Input], values: Mapping[str, Any], error: InvalidInput | None = None) -> Form:
    """The inputs with their values, and an error's problems at the fields that they name."""
    problems = {problem.get("field", ""): problem["message"] for problem in error.errors} if error else {}
    shown = [replace(one, value=_shown(values.get(one.name, "")), error=problems.pop(one.name, "")) for one in inputs]
    general = list(problems.values()) or ([error.detail] if error and not error.errors else [])
    return Form(shown, general)


def _shown(value: Any) -> Any:
    """The value as an input holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, list) else str(value)


def custom_inputs(definitions: Mapping[str, CustomField]) -> list[Input]:
    return [_custom_input(definition) for definition in definitions.values()]


def _custom_input(definition: CustomField) -> Input:
    choices: Choices = ()
    if definition.type == FieldType.BOOLEAN:
        choices = _YES_NO
    elif definition.type == FieldType.CHOICE:
        choices = [(choice, choice) for choice in definition.choices]
    kind = _INPUT_OF[FieldType(definition.type)]
    attributes = {"step": "any"} if kind == "number" else {}
    return Input(
        name=f"custom.{definition.key}",
        label=definition.label,
        kind=kind,
        choices=choices,
        required=definition.required,
        attributes=attributes,
    )


def custom_values(custom: Mapping[str, Any]) -> dict[str, Any]:
    """A record's custom values under the names of their inputs."""
    return {f"custom.{key}": value for key, value in custom.items()}


def read_custom(post: QueryDict, definitions: Mapping[str, CustomField], *, blanks: bool) -> dict[str, Any]:
    """The given custom values by key; with `blanks`, an empty one is None and removes the value."""
    given = {key: str(post[f"custom.{key}"]).strip() for key in definitions if f"custom.{key}" in post}
    return {key: value or None for key, value in given.items() if value or blanks}


def read_text(post: QueryDict, name: str) -> str:
    """Browsers send line ends of two characters; stored so, every saving would count as a change."""
    return str(post.get(name, "")).replace("\r\n", "\n")


def read_moment(text: str) -> datetime | str | None:
    """The moment in the installation's time zone; what can't be read stays, for the service to refuse."""
    if not text.strip():
        return None
    try:
        moment = parse_datetime(text.strip())
    except ValueError:
        moment = None
    if moment is None:
        return text
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def read_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def read_ids(texts: Iterable[str]) -> list[int]:
    return [number for text in texts if (number := read_id(text)) is not None]
