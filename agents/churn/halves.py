"""The two halves of the model: a logistic regression on curves, and a small forest of boosted trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import SplineTransformer

from agents.churn.encode import Column, Matrix

Labels = NDArray[np.int64]
LEARNING_RATE = 0.1


class Basis:
    """Spreads each smooth column over splines and keeps the 0-or-1 columns as they are."""

    def __init__(self, columns: Sequence[Column], matrix: Matrix, knots: int) -> None:
        self.splines = [
            spline(matrix[:, place], knots) if column.smooth else None for place, column in enumerate(columns)
        ]

    def transform(self, matrix: Matrix) -> Matrix:
        """Return the blocks of every column side by side."""
        blocks = [
            matrix[:, [place]] if each is None else each.transform(matrix[:, [place]])
            for place, each in enumerate(self.splines)
        ]
        return np.hstack(blocks)

    def split(self, coefficients: Matrix) -> list[Matrix]:
        """Cut one coefficient vector into the share of each column."""
        widths = [1 if each is None else each.n_features_out_ for each in self.splines]
        return np.split(coefficients, np.cumsum(widths)[:-1])


def spline(values: Matrix, knots: int) -> Any:
    """Fit a cubic spline on the quantiles, or a straight line where few values differ."""
    places = np.unique(np.quantile(values, np.linspace(0, 1, knots)))
    degree = 3
    if len(places) < 4:
        places, degree = np.array([values.min(), values.max()]), 1
    return SplineTransformer(degree=degree, knots=places[:, None], extrapolation="constant", include_bias=False).fit(
        values[:, None]
    )


def fit_linear(features: Matrix, labels: Labels, strength: float) -> Any:
    """Fit the linear half; `strength` is scikit-learn's C."""
    model = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=100)
    return model.fit(features, labels)


def fit_trees(matrix: Matrix, labels: Labels, leaves: int, iterations: int) -> Any:
    """Fit the tree half."""
    model = HistGradientBoostingClassifier(
        learning_rate=LEARNING_RATE,
        max_iter=iterations,
        max_leaf_nodes=leaves,
        min_samples_leaf=max(5, min(60, len(labels) // 40)),
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    return model.fit(matrix, labels)
