"""The card of a model: how good it is, what it looks at, what it was made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray

from agents.churn.compiled import Model
from agents.churn.encode import Matrix
from agents.churn.leaks import Alarm
from agents.churn.measures import (
    auc,
    brier,
    calibration_bins,
    calibration_error,
    calibration_slope,
    lift,
    log_loss,
    sigmoid,
)
from agents.churn.score import Scorer
from agents.churn.select import Choice
from agents.churn.table import Dropped, Row

Labels = NDArray[np.int64]


def write_card(
    *,
    model: Model,
    rows: Sequence[Row],
    labels: Labels,
    matrix: Matrix,
    choice: Choice,
    dropped: Sequence[Dropped],
    alarms: Sequence[Alarm],
    seed: int,
) -> dict[str, Any]:
    """Return the card as JSON values."""
    probabilities = sigmoid(choice.held_out)
    return {
        "rows": len(rows),
        "churners": int(labels.sum()),
        "churn_rate": float(labels.mean()),
        "quality": quality(labels, choice.held_out),
        "quality_from": "customers held out in five folds; the settings were chosen on the same folds",
        "calibration": [asdict(each) for each in calibration_bins(labels, probabilities)],
        "factors": factors(model, matrix),
        "parameters": {
            "knots": choice.knots,
            "strength": choice.strength,
            "leaves": choice.leaves,
            "iterations": choice.iterations,
            **{f"blend_{name}": value for name, value in asdict(choice.blend).items()},
        },
        "dropped": [asdict(each) for each in dropped],
        "alarms": [asdict(each) for each in alarms],
        "data_hash": data_hash(rows),
        "code_version": code_version(),
        "libraries": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
        "seed": seed,
    }


def quality(labels: Labels, log_odds: Matrix) -> dict[str, float]:
    """Return every measure of a set of scores."""
    probabilities = sigmoid(log_odds)
    predicted = probabilities >= 0.5
    return {
        "auc": auc(labels, log_odds),
        "brier": brier(labels, probabilities),
        "log_loss": log_loss(labels, log_odds),
        "lift_at_10": lift(labels, log_odds),
        "ece": calibration_error(calibration_bins(labels, probabilities)),
        "slope": calibration_slope(labels, log_odds),
        "accuracy": float(np.mean(predicted == labels)),
        "recall": float(predicted[labels == 1].mean()),
    }


def factors(model: Model, matrix: Matrix) -> list[dict[str, Any]]:
    """Return the fields by how much they move a score on average."""
    scorer = Scorer(model)
    _, contributions = scorer.contributions(matrix)
    sizes = np.abs(contributions).mean(axis=0)
    return [
        {"field": scorer.names[place], "mean_contribution": float(sizes[place])}
        for place in np.argsort(-sizes, kind="stable")
    ]


def data_hash(rows: Sequence[Row]) -> str:
    """Return the SHA-256 of the training rows in their order, label included."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row, sort_keys=True, default=str, ensure_ascii=False).encode())
    return digest.hexdigest()


@cache
def code_version() -> str:
    """Return a short hash of this package's own source: a changed recipe is a changed version."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
