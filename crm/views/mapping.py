"""The mapping of a file's columns, as the import page asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from crm.imports.mapping import OWN_TARGETS
from crm.models import Import
from crm.models.fields import FieldType
from crm.selectors.fields import custom_fields

_OWN_WORDS: Mapping[str, Any] = {
    "name": _("Name"),
    "email": _("Email"),
    "phone_number": _("Phone"),
    "kind": _("Kind"),
    "notes": _("Notes"),
    "lifecycle": _("Lifecycle"),
    "owner": _("Owner (username)"),
    "tags": _("Tags"),
    "service_start": _("Start of its services"),
}
Group = tuple[Any, list[tuple[str, Any]]]


@dataclass(frozen=True)
class Line:
    """A column of the file and where it goes."""

    number: int
    column: str
    type: str
    samples: Sequence[str]
    filled: int
    target: str
    groups: Sequence[Group]
    problem: str = ""


def lines_of(source: Import, problems: Mapping[str, str]) -> list[Line]:
    existing = [(f"custom.{key}", field.label) for key, field in custom_fields().items()]
    return [
        Line(
            number=number,
            column=column["name"],
            type=column["type"],
            samples=column["samples"],
            filled=column["filled"],
            target=_first(source.mapping.get(column["name"], "")),
            groups=_groups(column, existing, source),
            problem=problems.get(f"mapping.{column['name']}", ""),
        )
        for number, column in enumerate(source.columns)
    ]


def _groups(column: Mapping[str, Any], existing: list[tuple[str, Any]], source: Import) -> list[Group]:
    key, name = column["key"], column["name"]
    detected = FieldType(column["type"]).label
    new = [(f"new.{key}", _("New field, %s") % str(detected).lower())]
    new += [
        (f"new.{key}:{value}", _("New field, %s") % str(label).lower())
        for value, label in FieldType.choices
        if value != column["type"]
    ]
    groups: list[Group] = [
        (_("Customer"), [(target, _OWN_WORDS.get(target, target)) for target in OWN_TARGETS]),
        (_("New custom field"), new),
        (_("Custom fields"), existing),
        (_("Service"), [(f"service:{name}", _("Service “%s”") % name)]),
    ]
    known = {value for _label, options in groups for value, _word in options}
    current = _first(source.mapping.get(name, ""))
    if current and current not in known:
        groups.append((_("Chosen"), [(current, current)]))
    return [group for group in groups if group[1]]


def _first(target: Any) -> str:
    return (target[0] if target else "") if isinstance(target, list) else str(target)


def read_mapping(post: QueryDict, source: Import) -> dict[str, Any]:
    """By column; a column with several targets keeps them while its first is left alone."""
    mapping: dict[str, Any] = {}
    for number, column in enumerate(source.columns):
        name, chosen = column["name"], post.get(f"target-{number}", "")
        before = source.mapping.get(name, "")
        mapping[name] = before if isinstance(before, list) and chosen == _first(before) else chosen
    return mapping


def match_keys(source: Import) -> list[tuple[str, Any]]:
    """What customers can be found by: the address, and the custom fields that columns go to."""
    keys: list[tuple[str, Any]] = [("email", _("Email"))]
    for column in source.columns:
        target = _first(source.mapping.get(column["name"], ""))
        if target.startswith(("custom.", "new.")):
            keys.append((f"custom.{target.partition('.')[2].partition(':')[0]}", column["name"]))
    return keys
