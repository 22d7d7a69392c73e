"""The plan that turns a customer's raw fields into the numbers both halves of the model read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from agents.churn.derive import Derived, derive
from agents.churn.table import Field, Row
from agents.churn.values import as_flag, as_number, as_text

Matrix = NDArray[np.float64]
T = TypeVar("T")
Part = Literal["value", "level", "missing", "rare", "derived"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the matrix and the fields that its effect is credited to."""

    part: Part
    owners: tuple[int, ...]
    smooth: bool = False  # a number with a curve, not a 0-or-1 column


@dataclass(frozen=True, slots=True)
class Plan:
    """The fields and derived numbers of one model, in column order."""

    fields: tuple[Field, ...]
    derived: tuple[Derived, ...]

    def columns(self) -> list[Column]:
        """Return every column: those of each field in turn, then the derived ones."""
        columns: list[Column] = []
        for position, field in enumerate(self.fields):
            columns.extend(field_columns(position, field))
        columns.extend(Column("derived", each.of, smooth=True) for each in self.derived)
        return columns


def field_columns(position: int, field: Field) -> list[Column]:
    """Return the columns of one field."""
    if field.kind == "category":
        columns = [Column("level", (position,)) for _ in field.levels]
    else:
        columns = [Column("value", (position,), smooth=field.kind == "number")]
    if field.missing:
        columns.append(Column("missing", (position,)))
    if field.rare:
        columns.append(Column("rare", (position,)))
    return columns


def learn_plan(fields: Sequence[Field], rows: Sequence[Row]) -> Plan:
    """Add the derived numbers, each with its own median for customers that lack a part."""
    raw = {position: raw_numbers(field, rows) for position, field in enumerate(fields) if field.kind == "number"}
    derived = []
    for each in derive(fields):
        values = derived_numbers(each, raw)
        known = values[~np.isnan(values)]
        if len(known) and known.min() < known.max():
            derived.append(replace(each, typical=float(np.median(known))))
    return Plan(tuple(fields), tuple(derived))


def encode(plan: Plan, rows: Sequence[Row]) -> Matrix:
    """Return one row of numbers for each customer."""
    blocks: list[Matrix] = []
    raw: dict[int, Matrix] = {}
    for position, field in enumerate(plan.fields):
        if field.kind == "category":
            blocks.append(encode_category(field, rows))
            continue
        values = raw_numbers(field, rows)
        raw[position] = values
        blocks.append(fill(values, float(field.typical))[:, None])
        if field.missing:
            blocks.append(np.isnan(values)[:, None].astype(float))
    for each in plan.derived:
        blocks.append(fill(derived_numbers(each, raw), each.typical)[:, None])
    return np.hstack(blocks) if blocks else np.empty((len(rows), 0))


def raw_numbers(field: Field, rows: Sequence[Row]) -> Matrix:
    """Return a numeric or true-or-false field with NaN where it is missing."""
    read = remember(as_flag) if field.kind == "flag" else as_number
    name = field.name
    return np.array([read(row.get(name)) for row in rows], dtype=float)


def remember(read: Callable[[object], T]) -> Callable[[object], T]:
    """Read each spelling once: a category has few."""
    known: dict[str, T] = {}

    def recall(value: object) -> T:
        if type(value) is not str:  # 1, 1.0 and True are one key of a dict, but not one level
            return read(value)
        if value not in known:
            known[value] = read(value)
        return known[value]

    return recall


def fill(values: Matrix, typical: float) -> Matrix:
    """Put the typical value where there is none."""
    return np.where(np.isnan(values), typical, values)


def encode_category(field: Field, rows: Sequence[Row]) -> Matrix:
    """Return a 0-or-1 column for each level, then missing, then rare."""
    width = len(field.levels) + field.missing + field.rare
    places = {level: place for place, level in enumerate(field.levels)}
    rare = width - 1 if field.rare else width  # the spare column takes what has no place
    missing = len(field.levels) if field.missing else rare
    name = field.name

    def place(value: object) -> int:
        level = as_text(value)
        return missing if level is None else places.get(level, rare)

    chosen = list(map(remember(place), (row.get(name) for row in rows)))
    block = np.zeros((len(rows), width + 1))
    block[np.arange(len(rows)), chosen] = 1.0
    return block[:, :width]


def derived_numbers(each: Derived, raw: dict[int, Matrix]) -> Matrix:
    """Return a sum or a ratio, NaN where a part is missing or the divisor is zero."""
    parts = [raw[position] for position in each.of]
    if each.operation == "sum":
        return finite(sum(parts[1:], start=parts[0]))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return finite(parts[0] / parts[1])


def finite(values: Matrix) -> Matrix:
    """Read an infinite result as missing."""
    return np.where(np.isfinite(values), values, np.nan)
