"""Evaluates the whole recipe by cross-validation: each fold trains from raw rows, choice included."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from agents.churn.card import quality
from agents.churn.encode import encode
from agents.churn.errors import ChurnDataError
from agents.churn.measures import Bin, calibration_bins, sigmoid
from agents.churn.score import Scorer
from agents.churn.table import Row
from agents.churn.train import labelled, train

Progress = Callable[[int, int, dict[str, float]], None]
Labels = NDArray[np.int64]
AVERAGED = ("auc", "brier", "lift_at_10", "accuracy", "recall")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good the recipe is on customers it has not seen.

    AUC, Brier, lift, accuracy and recall are means over the folds; calibration is pooled over all
    held-out customers.
    """

    rows: int
    churn_rate: float
    folds: int
    seed: int
    auc: float
    auc_sd: float
    brier: float
    lift_at_10: float
    ece: float
    slope: float
    accuracy: float
    recall: float
    seconds: float  # the slowest training: choice, fit, calibration and card
    seconds_total: float
    calibration: tuple[Bin, ...]
    alarms: tuple[str, ...]  # fields left out because they foretell churn all alone

    def as_dict(self) -> dict[str, Any]:
        """Return the evaluation as JSON values."""
        return asdict(self)


def evaluate(
    rows: Sequence[Row],
    label: str,
    positive: object,
    folds: int = 5,
    seed: int = 0,
    *,
    trusted: Collection[str] = (),
    progress: Progress | None = None,
) -> Evaluation:
    """Train on all folds but one, score that one, for each fold in turn."""
    start = time.perf_counter()
    known, labels = labelled(rows, label, positive)
    held_out = np.empty(len(known))
    cards, results = [], []
    for number, (rest, fold) in enumerate(split(labels, folds, seed), start=1):
        trained = train([known[i] for i in rest], label, positive, seed=seed, trusted=trusted)
        scorer = Scorer.from_artefact(trained.artefact)
        hidden = [known[i] for i in fold]
        held_out[fold], _ = scorer.contributions(encode(scorer.model.plan, hidden))
        cards.append(trained.card)
        results.append(quality(labels[fold], held_out[fold]))
        if progress is not None:
            progress(number, folds, results[-1])
    pooled = quality(labels, held_out)
    return Evaluation(
        rows=len(known),
        churn_rate=float(labels.mean()),
        folds=folds,
        seed=seed,
        auc_sd=float(np.std([each["auc"] for each in results], ddof=1)),
        ece=pooled["ece"],
        slope=pooled["slope"],
        seconds=max(card["seconds"] for card in cards),
        seconds_total=round(time.perf_counter() - start, 2),
        calibration=tuple(calibration_bins(labels, sigmoid(held_out))),
        alarms=tuple(sorted({alarm["field"] for card in cards for alarm in card["alarms"]})),
        **{name: float(np.mean([each[name] for each in results])) for name in AVERAGED},
    )


def split(labels: Labels, folds: int, seed: int) -> list[tuple[Any, Any]]:
    """Return the stratified folds."""
    if not 2 <= folds <= 20:
        raise ChurnDataError("bad_folds", f"{folds} folds cannot be made.", "Ask for 2 to 20.")
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(labels)), labels))
