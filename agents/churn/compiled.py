"""The fitted model as plain numbers: what is stored, and all that scoring needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Union

from agents.churn.encode import Plan


class Leaf(NamedTuple):
    """The end of a path: its log-odds, and how many training customers came there."""

    value: float
    rows: int


class Fork(NamedTuple):
    """A question to one column: left when its number is at most the threshold."""

    column: int
    threshold: float
    left: Tree
    right: Tree


Tree = Union[Leaf, Fork]  # noqa: UP007 - the two classes name each other


@dataclass(frozen=True, slots=True)
class Line:
    """The linear effect of a 0-or-1 column, centred on its training mean."""

    weight: float
    mean: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The effect of a number: one cubic for each stretch between knots, centred likewise."""

    knots: tuple[float, ...]
    pieces: tuple[tuple[float, float, float, float], ...]  # highest power first, from the left knot
    mean: float


Term = Line | Curve


@dataclass(frozen=True, slots=True)
class Model:
    """Everything a score is made of."""

    label: str
    positive: str
    rows: int
    plan: Plan
    terms: tuple[Term, ...]  # one for each column of the plan
    linear_base: float
    trees: tuple[Tree, ...]
    tree_base: float
    linear_share: float
    slope: float
    intercept: float
