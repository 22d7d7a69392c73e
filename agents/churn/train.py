"""Trains a churn model on any table of customers; refuses what cannot be honest."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from agents.churn.artefact import fingerprint, write_artefact
from agents.churn.card import write_card
from agents.churn.compile import compile_terms, compile_trees
from agents.churn.compiled import Model
from agents.churn.encode import Matrix, Plan, encode, learn_plan
from agents.churn.errors import ChurnDataError
from agents.churn.halves import Basis, fit_linear, fit_trees
from agents.churn.leaks import Alarm, find_leaks
from agents.churn.select import Choice, choose
from agents.churn.table import Dropped, Field, Row, read_fields
from agents.churn.values import as_flag, as_text

FEWEST_LABELLED = 100
FEWEST_OF_EACH = 30

Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model to store: the artefact scores, the card says how well."""

    artefact: dict[str, Any]
    card: dict[str, Any]
    sha256: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made of the table."""

    plan: Plan
    matrix: Matrix
    dropped: tuple[Dropped, ...]
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """The scikit-learn estimators of one choice, on all rows."""

    basis: Basis
    linear: Any
    trees: Any
    choice: Choice

    def log_odds(self, matrix: Matrix) -> Matrix:
        """Return what scikit-learn itself says: the compiled scorer must agree."""
        linear = self.linear.decision_function(self.basis.transform(matrix))
        return self.choice.blend.log_odds(linear, self.trees.decision_function(matrix))


def train(
    rows: Sequence[Row],
    label: str,
    positive: object,
    *,
    seed: int = 0,
    trusted: Collection[str] = (),
) -> TrainedModel:
    """Choose, fit, calibrate and compile a model, and write its card.

    Fields that set off the leak alarm are left out, unless they are named in `trusted`.
    """
    start = time.perf_counter()
    rows, labels = labelled(rows, label, positive)
    reading = read(rows, label, labels, trusted)
    fitted = fit(reading, labels, seed)
    model = compile_model(fitted, reading, len(rows), label, str(positive))
    artefact = write_artefact(model)
    card = write_card(
        model=model,
        rows=rows,
        labels=labels,
        matrix=reading.matrix,
        choice=fitted.choice,
        dropped=reading.dropped,
        alarms=reading.alarms,
        seed=seed,
    )
    sha256 = fingerprint(artefact)
    seconds = round(time.perf_counter() - start, 2)
    return TrainedModel(artefact, {**card, "sha256": sha256, "seconds": seconds}, sha256)


def labelled(rows: Sequence[Row], label: str, positive: object) -> tuple[list[Row], Labels]:
    """Return the rows that have a label, and 1 for those that churned."""
    known = [row for row in rows if as_text(row.get(label)) is not None]
    if not known and rows:
        raise ChurnDataError(
            "no_label",
            f"No customer has a value in the field {label!r}.",
            "Name the field that says who left.",
        )
    labels = np.array([int(is_positive(row.get(label), positive)) for row in known], dtype=np.int64)
    require_enough(labels, label, positive)
    return known, labels


def is_positive(value: object, positive: object) -> bool:
    """Tell whether a label says "churned"; yes, true and 1 are the same word."""
    if as_text(value) == as_text(positive):
        return True
    flag = as_flag(value)
    return flag is not None and flag == as_flag(positive)


def require_enough(labels: Labels, label: str, positive: object) -> None:
    """Refuse what a model cannot be learnt from."""
    churners = int(labels.sum())
    stayers = len(labels) - churners
    if len(labels) < FEWEST_LABELLED:
        raise ChurnDataError(
            "too_few_labelled",
            f"Only {len(labels)} customers are labelled; a model needs {FEWEST_LABELLED}.",
            "Record who left for more customers; until then use the RFM rules.",
        )
    if churners == 0:
        raise ChurnDataError(
            "no_churners",
            f"No customer has {positive!r} in the field {label!r}.",
            "Check the spelling of the value that means that a customer left.",
        )
    if min(churners, stayers) < FEWEST_OF_EACH:
        few, who = (churners, "left") if churners < stayers else (stayers, "stayed")
        raise ChurnDataError(
            "too_few_churners" if who == "left" else "too_few_stayers",
            f"Only {few} of the labelled customers {who}; a model needs {FEWEST_OF_EACH}.",
            "Wait for more outcomes or look further back; until then use the RFM rules.",
        )


def read(rows: Sequence[Row], label: str, labels: Labels, trusted: Collection[str]) -> Reading:
    """Find out what the fields are, leave out the leaks, and encode the rest."""
    fields, dropped = read_fields(rows, label)
    alarms = find_leaks(fields, rows, labels)
    leaks = {alarm.field for alarm in alarms} - set(trusted)
    dropped += [Dropped(field.name, "foretells churn all alone") for field in fields if field.name in leaks]
    kept: list[Field] = [field for field in fields if field.name not in leaks]
    if not kept:
        raise ChurnDataError(
            "no_usable_fields",
            "No field is left to learn from: " + "; ".join(f"{d.name}: {d.reason}" for d in dropped) + ".",
            "Add fields that differ between customers and are known before they leave.",
        )
    plan = learn_plan(kept, rows)
    return Reading(plan, encode(plan, rows), tuple(dropped), tuple(alarms))


def fit(reading: Reading, labels: Labels, seed: int) -> Fitted:
    """Choose the settings and fit both halves on all rows, on one core."""
    with threadpool_limits(limits=1):
        columns = reading.plan.columns()
        choice = choose(columns, reading.matrix, labels, seed)
        basis = Basis(columns, reading.matrix, choice.knots)
        linear = fit_linear(basis.transform(reading.matrix), labels, choice.strength)
        trees = fit_trees(reading.matrix, labels, choice.leaves, choice.iterations)
        return Fitted(basis, linear, trees, choice)


def compile_model(fitted: Fitted, reading: Reading, rows: int, label: str, positive: str) -> Model:
    """Return the fitted model as plain numbers."""
    terms, linear_base = compile_terms(fitted.basis, fitted.linear, reading.matrix)
    trees, tree_base = compile_trees(fitted.trees)
    blend = fitted.choice.blend
    return Model(
        label=label,
        positive=positive,
        rows=rows,
        plan=reading.plan,
        terms=terms,
        linear_base=linear_base,
        trees=trees,
        tree_base=tree_base,
        linear_share=blend.linear,
        slope=blend.slope,
        intercept=blend.intercept,
    )
