"""Scores one customer in plain Python: tables made once, then only look-ups and comparisons."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from agents.churn.attribution import Table
from agents.churn.compiled import Curve, Line, Model, Term
from agents.churn.derive import Derived
from agents.churn.table import Field
from agents.churn.values import as_flag, as_number, as_text

Evaluate = Callable[[float], float]
LARGEST = 1.7976931348623157e308


class Entry(NamedTuple):
    """What one value of a field does: its linear effect, and the columns it sets."""

    effect: float
    cells: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """A category or flag: every spelling met so far leads to its entry."""

    name: str
    known: dict[str, Entry]
    resolve: Callable[[object], Entry]


@dataclass(frozen=True, slots=True)
class Number:
    """A number: its curve, its column, and what stands in when it is missing."""

    name: str
    position: int
    column: int
    curve: Evaluate
    typical: float
    missing_column: int  # -1 when the training data had none missing
    present_effect: float  # of the missing column at 0 and at 1
    missing_effect: float


class Single:
    """The compiled form of one model."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.width = len(model.terms)
        self.lookups: list[tuple[int, str, Lookup]] = []
        self.numbers: list[Number] = []
        column = 0
        for position, field in enumerate(model.plan.fields):
            if field.kind == "number":
                self.numbers.append(compile_number(field, position, column, model.terms))
            else:
                lookup = compile_lookup(field, column, model.terms)
                self.lookups.append((position, field.name, lookup))
            column += max(1, len(field.levels)) + field.missing + field.rare
        self.derived = [
            (each, column + place, evaluator(model.terms[column + place]))
            for place, each in enumerate(model.plan.derived)
        ]

    def halves(self, row: Mapping[str, object]) -> tuple[list[float], list[float]]:
        """Return the columns of a customer, and the linear effect of each field."""
        cells = [0.0] * self.width
        effects = [0.0] * len(self.model.plan.fields)
        get = row.get
        for position, name, lookup in self.lookups:
            value = get(name)
            entry = lookup.known.get(value) if type(value) is str else None
            if entry is None:
                entry = lookup.resolve(value)
            effects[position] = entry[0]
            for column, cell in entry[1]:
                cells[column] = cell
        raw: dict[int, float | None] = {}
        for each in self.numbers:
            number = as_number(get(each.name))
            raw[each.position] = number
            effect = each.present_effect
            if number is None:
                number, effect = each.typical, each.missing_effect
                if each.missing_column >= 0:
                    cells[each.missing_column] = 1.0
            cells[each.column] = number
            effects[each.position] = each.curve(number) + effect
        for derived, column, curve in self.derived:
            number = derive_one(derived, raw)
            cells[column] = number
            share = curve(number) / len(derived.of)
            for part in derived.of:
                effects[part] += share
        return cells, effects

    def forest(self, cells: list[float]) -> float:
        """Return the log-odds of the tree half."""
        total = self.model.tree_base
        for node in self.model.trees:
            while len(node) == 4:
                column, threshold, left, right = node
                node = left if cells[column] <= threshold else right
            total += node[0]
        return total

    def log_odds(self, cells: list[float], effects: list[float]) -> float:
        """Join both halves."""
        model = self.model
        linear = model.linear_base + sum(effects)
        mixed = model.linear_share * linear + (1.0 - model.linear_share) * self.forest(cells)
        return model.slope * mixed + model.intercept


class TreeReasons:
    """The tables of all trees in plain lists, for one customer at a time."""

    def __init__(self, tables: list[Table]) -> None:
        self.tables = [
            (
                [(fork.column, fork.threshold, 1 << place) for place, fork in enumerate(table.forks)],
                [list(zip(table.fields, line, strict=True)) for line in table.effects.tolist()],
            )
            for table in tables
        ]

    def add(self, cells: list[float], effects: list[float], factor: float) -> None:
        """Add the effect of every tree to the effects of the fields."""
        for forks, lines in self.tables:
            pattern = 0
            for column, threshold, bit in forks:
                if cells[column] <= threshold:
                    pattern |= bit
            for field, effect in lines[pattern]:
                effects[field] += factor * effect


def compile_number(field: Field, position: int, column: int, terms: tuple[Term, ...]) -> Number:
    """Return the compiled form of a numeric field."""
    missing = terms[column + 1] if field.missing else Line(0.0, 0.0)
    evaluate = evaluator(missing)
    return Number(
        name=field.name,
        position=position,
        column=column,
        curve=evaluator(terms[column]),
        typical=float(field.typical),
        missing_column=column + 1 if field.missing else -1,
        present_effect=evaluate(0.0),
        missing_effect=evaluate(1.0),
    )


def compile_lookup(field: Field, column: int, terms: tuple[Term, ...]) -> Lookup:
    """Return the compiled form of a category or flag."""
    width = max(1, len(field.levels)) + field.missing + field.rare
    own = [evaluator(term) for term in terms[column : column + width]]

    def entry(values: list[float]) -> Entry:
        effect = sum(evaluate(value) for evaluate, value in zip(own, values, strict=True))
        cells = tuple((column + place, value) for place, value in enumerate(values) if value)
        return Entry(effect, cells)

    if field.kind == "flag":
        return flag_lookup(field, entry)
    hot = [[float(place == chosen) for place in range(width)] for chosen in range(width + 1)]
    rare = entry(hot[width - 1 if field.rare else width])
    missing = entry(hot[len(field.levels)]) if field.missing else rare
    known = {level: entry(hot[place]) for place, level in enumerate(field.levels)}

    def resolve(value: object) -> Entry:
        level = as_text(value)
        return missing if level is None else known.get(level, rare)

    return Lookup(field.name, known, resolve)


def flag_lookup(field: Field, entry: Callable[[list[float]], Entry]) -> Lookup:
    """Return the compiled form of a flag."""
    ends = [entry([value, 0.0] if field.missing else [value]) for value in (0.0, 1.0)]
    typical = float(field.typical)
    missing = entry([typical, 1.0] if field.missing else [typical])

    def resolve(value: object) -> Entry:
        flag = as_flag(value)
        return missing if flag is None else ends[int(flag)]

    words = ("yes", "no", "Yes", "No", "true", "false", "True", "False", "1", "0", "1.0", "0.0")
    return Lookup(field.name, {word: resolve(word) for word in words}, resolve)


def evaluator(term: Term) -> Evaluate:
    """Return the term as a function of its column."""
    if isinstance(term, Line):
        weight, mean = term.weight, term.mean
        return lambda value: weight * (value - mean)
    return curve_evaluator(term)


def curve_evaluator(term: Curve) -> Evaluate:
    """Return the curve as a function; beyond its ends it stays level."""
    knots, pieces, centre = term.knots, term.pieces, term.mean
    first, last, inner = knots[0], knots[-1], knots[1:-1]

    def evaluate(value: float) -> float:
        held = first if value < first else min(value, last)
        place = bisect_right(inner, held)
        a, b, c, d = pieces[place]
        offset = held - knots[place]
        return ((a * offset + b) * offset + c) * offset + d - centre

    return evaluate


def derive_one(derived: Derived, raw: Mapping[int, float | None]) -> float:
    """Return a sum or ratio; the typical one where a part is missing or the result not finite."""
    parts = [raw[position] for position in derived.of]
    total = 0.0
    if derived.operation == "ratio":
        top, bottom = parts
        if top is None or not bottom:
            return derived.typical
        total = top / bottom
    else:
        for part in parts:
            if part is None:
                return derived.typical
            total += part
    return total if abs(total) <= LARGEST else derived.typical
