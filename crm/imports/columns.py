"""Finds out what the columns of a table hold, and proposes where each could go."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crm.imports.reading import Table

_YES = frozenset({"yes", "true", "y", "是"})
_NO = frozenset({"no", "false", "n", "否"})
_MOST_CHOICES = 12
_SYNONYMS: Mapping[str, str] = {
    "name": "name",
    "full_name": "name",
    "customer_name": "name",
    "姓名": "name",
    "客户": "name",
    "客户名称": "name",
    "email": "email",
    "e_mail": "email",
    "email_address": "email",
    "mail": "email",
    "邮箱": "email",
    "电子邮件": "email",
    "phone": "phone_number",
    "phone_number": "phone_number",
    "telephone": "phone_number",
    "mobile": "phone_number",
    "电话": "phone_number",
    "手机": "phone_number",
    "notes": "notes",
    "note": "notes",
    "备注": "notes",
    "lifecycle": "lifecycle",
    "kind": "kind",
    "owner": "owner",
    "tags": "tags",
    "标签": "tags",
}


@dataclass(frozen=True)
class Column:
    name: str
    key: str  # what a custom field for it would be called
    type: str  # text, number, boolean, date or choice
    choices: tuple[str, ...]
    samples: tuple[str, ...]
    filled: int


def describe_columns(table: Table) -> list[Column]:
    taken: set[str] = set()
    columns = []
    for index, name in enumerate(table.columns):
        cells = [row[index] for row in table.rows if row[index]]
        kind, choices = detect_type(cells)
        key = _unique(key_of(name, index), taken)
        samples = tuple(dict.fromkeys(cells[:50]))[:3]
        columns.append(Column(name, key, kind, choices, samples, len(cells)))
    return columns


def detect_type(cells: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    values = dict.fromkeys(cells)
    lowered = {value.lower() for value in values}
    if not values:
        return "text", ()
    if lowered <= _YES | _NO or lowered == {"0", "1"}:
        return "boolean", ()
    if all(map(_is_number, values)):
        return "number", ()
    if all(map(_is_date, values)):
        return "date", ()
    if len(values) <= _MOST_CHOICES and len(cells) >= 5 * len(values) and max(map(len, values)) <= 60:
        return "choice", tuple(values)
    return "text", ()


def _is_number(text: str) -> bool:
    # A leading zero or plus sign means a code or a telephone number.
    return re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d+)?", text) is not None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2026-03-31")


def key_of(name: str, index: int) -> str:
    """`Monthly Charges` and `MonthlyCharges` become `monthly_charges`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    words = re.findall(r"[A-Za-z0-9]+", spaced)
    key = "_".join(words).lower()[:50].rstrip("_")
    return key if key[:1].isalpha() else f"column_{index + 1}"


def _unique(key: str, taken: set[str]) -> str:
    unique, number = key, 2
    while unique in taken:
        unique, number = f"{key}_{number}", number + 1
    taken.add(unique)
    return unique


def propose(columns: Sequence[Column], custom_keys: Sequence[str]) -> dict[str, str]:
    """A target for each column: an own field, a custom field of the same key, or a new custom field."""
    known = {key.lower(): key for key in custom_keys}
    proposed: dict[str, str] = {}
    for column in columns:
        own = _SYNONYMS.get(column.key) or _SYNONYMS.get(column.name.strip())
        if own and own not in proposed.values():
            proposed[column.name] = own
        elif column.key in known:
            proposed[column.name] = f"custom.{known[column.key]}"
        else:
            proposed[column.name] = f"new.{column.key}" if column.filled else ""
    return proposed
