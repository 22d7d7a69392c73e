"""Scores customers with a stored model: one in microseconds, or many at once. No scikit-learn."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agents.churn.artefact import read_artefact
from agents.churn.attribution import Table, tabulate
from agents.churn.compiled import Line, Model, Term
from agents.churn.encode import Matrix, encode
from agents.churn.reasons import Explanation, Prediction, Reason, explain, probability_of
from agents.churn.single import Single, TreeReasons

CHUNK = 5_000  # rows at a time: the working arrays stay in the processor's cache
Row = Mapping[str, object]


class Scorer:
    """A model ready to score."""

    def __init__(self, model: Model, *, name: str | None = None, threshold: float = 0.5) -> None:
        self.model = model
        self.name = name
        self.threshold = threshold
        self.columns = model.plan.columns()
        self.names = [field.name for field in model.plan.fields]
        self.single = Single(model)

    @classmethod
    def from_artefact(cls, artefact: object, *, name: str | None = None, threshold: float = 0.5) -> Scorer:
        """Check a stored model and make it ready."""
        return cls(read_artefact(artefact), name=name, threshold=threshold)

    def probability(self, row: Row) -> float:
        """Return the probability alone: the fastest answer."""
        return probability_of(self.single.log_odds(*self.single.halves(row)))

    def score_one(self, row: Row) -> Prediction:
        """Return the prediction of one customer with all its reasons."""
        model = self.model
        cells, effects = self.single.halves(row)
        log_odds = self.single.log_odds(cells, effects)
        factor = model.slope * model.linear_share
        contributions = [factor * effect for effect in effects]
        self.tree_reasons.add(cells, contributions, model.slope * (1.0 - model.linear_share))
        reasons = [
            Reason(name, row.get(name), contribution)
            for name, contribution in zip(self.names, contributions, strict=True)
        ]
        reasons.sort(key=lambda reason: -abs(reason.contribution))
        return self.predict(log_odds, reasons)

    def score_many(self, rows: Sequence[Row]) -> list[Prediction]:
        """Return the predictions of many customers with all their reasons."""
        with collector_paused():
            return [
                prediction
                for start in range(0, len(rows), CHUNK)
                for prediction in self.score_chunk(rows[start : start + CHUNK])
            ]

    def score_chunk(self, rows: Sequence[Row]) -> Iterator[Prediction]:
        """Yield the predictions of as many customers as arrays of comfortable size hold."""
        log_odds, contributions = self.contributions(encode(self.model.plan, rows))
        order = np.argsort(-np.abs(contributions), axis=1, kind="stable")
        ordered = np.take_along_axis(contributions, order, axis=1).tolist()
        names = np.array(self.names, dtype=object)[order].tolist()
        for row, score, fields, effects in zip(rows, log_odds.tolist(), names, ordered, strict=True):
            reasons = list(map(Reason, fields, map(row.get, fields), effects))
            yield self.predict(score, reasons)

    def explain(self, prediction: Prediction, *, up: int = 3, down: int = 2) -> list[Explanation]:
        """Return the strongest reasons each way, worded and compared with the cohort."""
        return explain(prediction, self.typical, up=up, down=down)

    def predict(self, log_odds: float, reasons: list[Reason]) -> Prediction:
        """Put one prediction together."""
        probability = probability_of(log_odds)
        churns = probability >= self.threshold
        return Prediction(probability, churns, self.base, log_odds, reasons, self.name)

    def contributions(self, matrix: Matrix) -> tuple[Matrix, Matrix]:
        """Return the log-odds and what each field adds to the base, for encoded customers."""
        model = self.model
        columns = np.ascontiguousarray(matrix.T)
        linear = np.zeros((len(self.names), len(matrix)))
        for column, term, values in zip(self.columns, model.terms, columns, strict=True):
            effect = evaluate(term, values) / len(column.owners)
            for owner in column.owners:
                linear[owner] += effect
        trees = np.zeros_like(linear)
        answers = np.full(len(matrix), model.tree_base)
        for table in self.tables:
            patterns = outcome(table, columns)
            answers += table.values[patterns]
            for place, field in enumerate(table.fields):
                trees[field] += table.effects[:, place].take(patterns)
        share = model.linear_share
        mixed = share * (model.linear_base + np.sum(linear, axis=0)) + (1.0 - share) * answers
        effects = model.slope * (share * linear + (1.0 - share) * trees)
        return model.slope * mixed + model.intercept, np.ascontiguousarray(effects.T)

    @cached_property
    def tables(self) -> list[Table]:
        """The reasons of every tree; made when first asked for."""
        return [tabulate(tree, self.columns) for tree in self.model.trees]

    @cached_property
    def tree_reasons(self) -> TreeReasons:
        """The same for one customer at a time."""
        return TreeReasons(self.tables)

    @cached_property
    def base(self) -> float:
        """The log-odds that all reasons start from."""
        model = self.model
        trees = model.tree_base + sum(table.base for table in self.tables)
        mixed = model.linear_share * model.linear_base + (1.0 - model.linear_share) * trees
        return model.slope * mixed + model.intercept

    @cached_property
    def typical(self) -> dict[str, float | str | bool]:
        """The cohort's median or commonest value of each field."""
        return {
            field.name: bool(field.typical) if field.kind == "flag" else field.typical
            for field in self.model.plan.fields
        }


@contextmanager
def collector_paused() -> Iterator[None]:
    """Spare Python from looking for cycles, of which there are none, among millions of reasons.

    The search takes more than half of the time for 100,000 customers.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def outcome(table: Table, columns: Matrix) -> NDArray[np.intp]:
    """Return the pattern in which the forks of a tree turn out for each customer."""
    patterns = np.zeros(columns.shape[1], dtype=np.intp)
    for place, fork in enumerate(table.forks):
        patterns |= (columns[fork.column] <= fork.threshold).astype(np.intp) << place
    return patterns


def evaluate(term: Term, values: Matrix) -> Matrix:
    """Return the centred effect of one column."""
    if isinstance(term, Line):
        return term.weight * (values - term.mean)
    held = np.clip(values, term.knots[0], term.knots[-1])
    places = np.searchsorted(term.knots[1:-1], held, side="right")
    offsets = held - np.array(term.knots)[places]
    a, b, c, d = np.array(term.pieces)[places].T
    return np.asarray(((a * offsets + b) * offsets + c) * offsets + d - term.mean)
