"""Chooses every setting of the model by one out-of-fold log loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from agents.churn.encode import Column, Matrix
from agents.churn.halves import Basis, Labels, fit_linear, fit_trees
from agents.churn.measures import log_loss

FOLDS = 5
FEW_ROWS = 2000  # below it, one split is too much a matter of luck
KNOTS = 5
MOST_CURVES = 60  # with more numbers the lines stay straight: the fit grows with the square of its columns
STRENGTHS = (0.03, 0.1, 0.3, 1.0, 3.0)
LEAVES = (4, 6)
MOST_ITERATIONS = 120
WEIGHTS = tuple(step / 20 for step in range(21))

Split = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Blend:
    """The share of the linear half in log-odds, then a slope and an intercept over both."""

    linear: float
    slope: float
    intercept: float

    def log_odds(self, linear: Matrix, trees: Matrix) -> Matrix:
        """Join the log-odds of the halves."""
        mixed = self.linear * linear + (1.0 - self.linear) * trees
        return self.slope * mixed + self.intercept


class Tried(NamedTuple):
    """One setting of one half and its out-of-fold log-odds, one line for each repeat."""

    loss: float
    held_out: Matrix
    size: int  # knots or leaves
    pace: float  # strength or iterations


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen settings, and the log-odds that customers got from folds without them."""

    knots: int
    strength: float
    leaves: int
    iterations: int
    blend: Blend
    held_out: Matrix


def choose(columns: Sequence[Column], matrix: Matrix, labels: Labels, seed: int) -> Choice:
    """Choose each half on its own, then how to join them."""
    splits = list(folds(labels, seed))
    linear = choose_linear(columns, matrix, labels, splits)
    trees = choose_trees(matrix, labels, splits)
    blend = fit_blend(linear.held_out, trees.held_out, np.tile(labels, (len(linear.held_out), 1)))
    held_out = cross_fitted(linear.held_out, trees.held_out, labels, splits[:FOLDS])
    return Choice(linear.size, linear.pace, trees.size, int(trees.pace), blend, held_out)


def folds(labels: Labels, seed: int) -> Iterator[Split]:
    """Yield stratified splits, three times over when there are few rows."""
    for repeat in range(3 if len(labels) < FEW_ROWS else 1):
        splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed + repeat)
        yield from splitter.split(np.zeros(len(labels)), labels)


def out_of_fold(labels: Labels, splits: Sequence[Split], predict: Callable[[Any, Any], Matrix]) -> Matrix:
    """Return what `predict(train, test)` says of every row, one line for each repeat.

    The last axis is the row; axes between hold what `predict` varies, such as iterations.
    """
    lines = []
    for start in range(0, len(splits), FOLDS):
        parts = [(test, predict(train, test)) for train, test in splits[start : start + FOLDS]]
        line = np.empty((*parts[0][1].shape[:-1], len(labels)))
        for test, part in parts:
            line[..., test] = part
        lines.append(line)
    return np.stack(lines)


def choose_linear(columns: Sequence[Column], matrix: Matrix, labels: Labels, splits: Sequence[Split]) -> Tried:
    """Try every strength."""
    smooth = sum(column.smooth for column in columns)
    knots = KNOTS if smooth <= MOST_CURVES else 2
    features = Basis(columns, matrix, knots).transform(matrix)
    tried = [try_linear(features, labels, splits, knots, strength) for strength in STRENGTHS]
    return min(tried, key=lambda each: each.loss)


def try_linear(features: Matrix, labels: Labels, splits: Sequence[Split], knots: int, strength: float) -> Tried:
    """Return what the linear half says of customers it has not seen."""

    def predict(train: Any, test: Any) -> Matrix:
        model = fit_linear(features[train], labels[train], strength)
        return np.asarray(model.decision_function(features[test]))

    held_out = out_of_fold(labels, splits, predict)
    return Tried(log_loss(labels, held_out), held_out, knots, strength)


def choose_trees(matrix: Matrix, labels: Labels, splits: Sequence[Split]) -> Tried:
    """Try every number of leaves, and every number of trees on the way."""
    tried = [try_trees(matrix, labels, splits, leaves) for leaves in LEAVES]
    return min(tried, key=lambda each: each.loss)


def try_trees(matrix: Matrix, labels: Labels, splits: Sequence[Split], leaves: int) -> Tried:
    """Return what the trees say of customers they have not seen, with the best number of trees."""

    def predict(train: Any, test: Any) -> Matrix:
        model = fit_trees(matrix[train], labels[train], leaves, MOST_ITERATIONS)
        return np.stack(list(model.staged_decision_function(matrix[test])))

    stages = out_of_fold(labels, splits, predict)
    losses = [log_loss(labels, stages[:, stage]) for stage in range(MOST_ITERATIONS)]
    best = int(np.argmin(losses))
    return Tried(losses[best], stages[:, best], leaves, best + 1)


def fit_blend(linear: Matrix, trees: Matrix, labels: Labels) -> Blend:
    """Choose the share of the linear half, then calibrate by Platt's slope and intercept."""
    linear, trees, labels = linear.ravel(), trees.ravel(), labels.ravel()
    losses = [log_loss(labels, share * linear + (1 - share) * trees) for share in WEIGHTS]
    share = WEIGHTS[int(np.argmin(losses))]
    mixed = share * linear + (1 - share) * trees
    platt = LogisticRegression(C=100.0, solver="newton-cholesky").fit(mixed[:, None], labels)
    slope, intercept = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    if slope <= 0:  # nothing was learnt: everybody gets the base rate
        return Blend(share, 0.0, float(np.log(labels.mean() / (1 - labels.mean()))))
    return Blend(share, slope, intercept)


def cross_fitted(linear: Matrix, trees: Matrix, labels: Labels, splits: Sequence[Split]) -> Matrix:
    """Return log-odds joined by a blend that did not see the row, for an honest card."""
    result = np.empty(len(labels))
    for train, test in splits:
        repeated = np.tile(labels[train], (len(linear), 1))
        blend = fit_blend(linear[:, train], trees[:, train], repeated)
        result[test] = blend.log_odds(linear[:, test], trees[:, test]).mean(axis=0)
    return result
