"""Figures laid out for drawing: of a model's card, of a simulation. The templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PLOT = 240  # the side of the calibration plot, in its own units
BARS_AT, BARS_WIDE = 158.0, 230.0  # where the bars of the factors begin, and how long the longest is


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    radius: float
    predicted: float
    observed: float
    customers: int


@dataclass(frozen=True)
class Bar:
    label: str
    value: float
    width: float
    end: float  # where its value stands


def calibration_points(bins: Sequence[Mapping[str, Any]]) -> list[Point]:
    """Each bin where its mean prediction meets what came true; the plot's origin is below on the left."""
    most = max((one["customers"] for one in bins), default=1)
    return [
        Point(
            x=round(one["predicted"] * PLOT, 1),
            y=round(PLOT - one["observed"] * PLOT, 1),
            radius=round(3 + 3 * (one["customers"] / most), 1),
            predicted=one["predicted"],
            observed=one["observed"],
            customers=one["customers"],
        )
        for one in bins
    ]


def factor_bars(factors: Sequence[Mapping[str, Any]], labels: Mapping[str, str], shown: int = 10) -> list[Bar]:
    """The strongest factors under the names that people gave the fields."""
    longest = max((one["mean_contribution"] for one in factors), default=0.0) or 1.0
    return [_bar(labels.get(one["field"], one["field"]), one["mean_contribution"], longest) for one in factors[:shown]]


def _bar(label: str, value: float, longest: float) -> Bar:
    width = round(BARS_WIDE * value / longest, 1)
    return Bar(label, value, width, round(BARS_AT + width + 8, 1))


@dataclass(frozen=True)
class Compared:
    """One measure of every strategy."""

    title: str
    bars: Sequence[Bar]
    shown: Sequence[str]  # the values as words

    @property
    def rows(self) -> list[tuple[Bar, str]]:
        return list(zip(self.bars, self.shown, strict=True))


def compared_bars(
    title: str, outcomes: Sequence[Mapping[str, Any]], name: str, show: Callable[[float], str]
) -> Compared:
    longest = max((one[name] for one in outcomes), default=0.0) or 1.0
    bars = [_bar(one["strategy"], one[name], longest) for one in outcomes]
    return Compared(title, bars, [show(bar.value) for bar in bars])
