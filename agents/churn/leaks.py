"""The leak alarm: a field that alone tells who churned was probably written after the fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.churn.encode import Matrix, encode, learn_plan
from agents.churn.measures import auc
from agents.churn.table import Field, Row

ALARM = 0.95
BINS = 20

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One suspicious field and how well it foretells churn all alone."""

    field: str
    auc: float


def find_leaks(fields: Sequence[Field], rows: Sequence[Row], labels: Labels) -> list[Alarm]:
    """Return the fields whose values, or whose being missing, foretell churn too well."""
    alarms = []
    for field in fields:
        score = strength(field, encode(learn_plan([field], rows), rows), labels)
        if score > ALARM:
            alarms.append(Alarm(field.name, round(score, 4)))
    return alarms


def strength(field: Field, matrix: Matrix, labels: Labels) -> float:
    """Return the AUC of the churn rate in each group of like values."""
    groups = matrix
    if field.kind == "number":
        cuts = np.unique(np.quantile(matrix[:, 0], np.linspace(0, 1, BINS + 1)[1:-1]))
        groups = np.column_stack([np.searchsorted(cuts, matrix[:, 0]), matrix[:, 1:]])
    _, group = np.unique(groups, axis=0, return_inverse=True)
    rates = np.bincount(group.ravel(), weights=labels) / np.bincount(group.ravel())
    return auc(labels, rates[group.ravel()])
