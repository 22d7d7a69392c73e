"""What a score says to a person: the prediction, its exact reasons, and their wording."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from agents.churn.values import as_flag


class Reason(NamedTuple):
    """What one field adds to the log-odds of this customer, against the average customer."""

    field: str
    value: object
    contribution: float


class Prediction(NamedTuple):
    """A score; `base` and the contributions of all reasons add up to `log_odds`."""

    probability: float
    prediction: bool
    base: float
    log_odds: float
    reasons: list[Reason]  # largest effect first
    model: str | None


class Explanation(NamedTuple):
    """A reason as it is shown."""

    field: str
    value: object
    typical: float | str | bool  # the cohort's median, or its commonest level
    contribution: float
    points: float  # percentage points of probability
    sentence: str


def probability_of(log_odds: float) -> float:
    """Return the probability without overflow."""
    if log_odds >= 0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(max(log_odds, -700.0))
    return odds / (1.0 + odds)


def explain(
    prediction: Prediction, typical: Mapping[str, float | str | bool], *, up: int = 3, down: int = 2
) -> list[Explanation]:
    """Return the strongest reasons that raise the risk, then those that lower it."""
    rising = [reason for reason in prediction.reasons if reason.contribution > 0][:up]
    falling = [reason for reason in prediction.reasons if reason.contribution < 0][:down]
    return [explain_reason(prediction, reason, typical) for reason in rising + falling]


def explain_reason(prediction: Prediction, reason: Reason, typical: Mapping[str, float | str | bool]) -> Explanation:
    """Word one reason. The model has seen what goes together, not what causes what."""
    without = probability_of(prediction.log_odds - reason.contribution)
    points = 100.0 * (prediction.probability - without)
    usual = typical.get(reason.field, "unknown")
    truth = as_flag(reason.value) if isinstance(usual, bool) else None
    value = reason.value if truth is None else truth == 1.0
    direction = "higher" if points > 0 else "lower"
    sentence = (
        f"{reason.field} {shown(value)} (typical: {shown(usual)}) is associated with a "
        f"{abs(points):.1f} percentage points {direction} risk"
    )
    return Explanation(reason.field, reason.value, usual, reason.contribution, points, sentence)


def shown(value: object) -> str:
    """Return a value as a reader expects it."""
    if value is None or value == "":
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)
