"""What tells a good score from a bad one; every figure from labels and log-odds alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.churn.encode import Matrix

Labels = NDArray[np.int64]
BINS = 10
SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Bin:
    """A tenth of the customers by score: what was foretold and what came."""

    predicted: float
    observed: float
    customers: int


def sigmoid(log_odds: Matrix) -> Matrix:
    """Return probabilities."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -700, 700))))


def log_loss(labels: Labels, log_odds: Matrix) -> float:
    """Return the mean log loss; labels are repeated over leading axes."""
    return float(np.mean(np.logaddexp(0.0, log_odds) - labels * log_odds))


def auc(labels: Labels, scores: Matrix) -> float:
    """Return the area under the ROC curve, ties counted half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = int(labels.sum())
    negatives = len(labels) - positives
    excess = ranks[labels == 1].sum() - positives * (positives + 1) / 2
    return float(excess / (positives * negatives))


def brier(labels: Labels, probabilities: Matrix) -> float:
    """Return the mean squared error of the probabilities."""
    return float(np.mean((probabilities - labels) ** 2))


def lift(labels: Labels, scores: Matrix, share: float = 0.1) -> float:
    """Return how much more often the top share churns than everybody."""
    top = np.argsort(-scores, kind="stable")[: max(1, round(len(labels) * share))]
    return float(labels[top].mean() / labels.mean())


def calibration_bins(labels: Labels, probabilities: Matrix) -> list[Bin]:
    """Return ten bins of equal count from the lowest to the highest score."""
    order = np.argsort(probabilities, kind="stable")
    return [
        Bin(float(probabilities[part].mean()), float(labels[part].mean()), len(part))
        for part in np.array_split(order, BINS)
        if len(part)
    ]


def calibration_error(bins: list[Bin]) -> float:
    """Return the mean distance between foretold and seen, weighted by customers."""
    total = sum(each.customers for each in bins)
    return sum(abs(each.predicted - each.observed) * each.customers for each in bins) / total


def calibration_slope(labels: Labels, log_odds: Matrix) -> float:
    """Return the slope of the labels on the log-odds by Newton's method; 1 is ideal, 0 if all are alike."""
    spread = float(log_odds.std())
    if spread < SMALLEST_SPREAD:
        return 0.0
    design: Any = np.column_stack([np.ones(len(labels)), (log_odds - log_odds.mean()) / spread])
    weights = np.array([0.0, spread])
    for _ in range(25):
        expected = sigmoid(design @ weights)
        curvature = design.T @ (design * (expected * (1 - expected))[:, None])
        step = np.linalg.lstsq(curvature, design.T @ (labels - expected), rcond=None)[0]
        weights = weights + step
        if np.abs(step).max() < 1e-10:
            break
    return float(weights[1]) / spread
