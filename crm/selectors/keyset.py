"""Pages of a list by keyset: each page starts after the last row of the one before, at the same cost for all."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.dateparse import parse_datetime

from crm.errors import InvalidInput

M = TypeVar("M", bound=Model)
PAGE_SIZE = 50
LARGEST_PAGE = 200


@dataclass(frozen=True)
class Sort:
    """An order by an expression that is never null, with the id to settle ties in the same direction."""

    key: str
    expression: str | Combinable
    descending: bool = False


@dataclass(frozen=True)
class Page(Generic[M]):
    items: list[M]
    next: str | None  # the cursor of the page after this one


Sorts = Mapping[str, Sort]


def choose_sort(sorts: Sorts, key: str, default: str) -> Sort:
    if not key:
        return sorts[default]
    if key not in sorts:
        raise InvalidInput(
            f"Sort by one of: {', '.join(sorts)}.",
            errors=[{"field": "sort", "code": "unknown", "message": f"There is no order {key!r}."}],
        )
    return sorts[key]


def page_of(queryset: QuerySet[M], sort: Sort, cursor: str = "", size: int = PAGE_SIZE) -> Page[M]:
    size = max(1, min(size, LARGEST_PAGE))
    expression = F(sort.expression) if isinstance(sort.expression, str) else sort.expression
    ordered = queryset.annotate(keyset_value=expression)
    if cursor:
        ordered = ordered.filter(_after(sort, *_read(sort, cursor)))
    sign = "-" if sort.descending else ""
    rows = list(ordered.order_by(f"{sign}keyset_value", f"{sign}pk")[: size + 1])
    more = len(rows) > size
    return Page(rows[:size], _write(sort, rows[size - 1]) if more else None)


def _after(sort: Sort, value: Any, pk: int) -> Q:
    past, within = ("lt", "lte") if sort.descending else ("gt", "gte")
    # The first condition is implied by the second; it lets the index start at the page.
    bound = Q(**{f"keyset_value__{within}": value})
    return bound & (Q(**{f"keyset_value__{past}": value}) | Q(keyset_value=value, **{f"pk__{past}": pk}))


def _write(sort: Sort, row: Model) -> str:
    value = row.keyset_value  # type: ignore[attr-defined]
    kind = "t" if isinstance(value, datetime) else "v"
    shown = value.isoformat() if isinstance(value, date) else value
    text = json.dumps([sort.key, kind, shown, row.pk], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(sort: Sort, cursor: str) -> tuple[Any, int]:
    """A cursor only holds values to compare with, so a forged one shows nothing that a filter would not."""
    try:
        key, kind, shown, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value = parse_datetime(shown) if kind == "t" else shown
        if key != sort.key or value is None or not isinstance(value, (str, int, float, datetime)):
            raise ValueError(cursor)
        if isinstance(pk, bool) or not isinstance(pk, int) or not 0 < pk < 2**63 or "\x00" in str(value):
            raise ValueError(cursor)
    except (ValueError, TypeError) as error:
        message = "This page marker is not of this list; start from the first page."
        problem = {"field": "cursor", "code": "invalid", "message": message}
        raise InvalidInput(message, code="invalid_cursor", errors=[problem]) from error  # type: ignore[list-item]
    return value, pk
