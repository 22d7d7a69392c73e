"""Turns the fitted scikit-learn estimators into plain numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.interpolate import BSpline, PPoly

from agents.churn.compiled import Curve, Fork, Leaf, Line, Term, Tree
from agents.churn.encode import Matrix
from agents.churn.halves import Basis


def compile_terms(basis: Basis, linear: Any, matrix: Matrix) -> tuple[tuple[Term, ...], float]:
    """Return a centred term for each column, and the log-odds of the average customer."""
    terms: list[Term] = []
    base = float(linear.intercept_[0])
    for place, weights in enumerate(basis.split(linear.coef_[0])):
        values = matrix[:, [place]]
        spline = basis.splines[place]
        mean = float(np.mean((values if spline is None else spline.transform(values)) @ weights))
        base += mean
        if spline is None:
            terms.append(Line(float(weights[0]), float(values.mean())))
        else:
            terms.append(compile_curve(spline, weights, mean))
    return tuple(terms), base


def compile_curve(spline: Any, weights: Matrix, mean: float) -> Curve:
    """Join the weighted splines of one number into a polynomial for each stretch."""
    joined = spline.bsplines_[0]
    degree = spline.degree
    # The last spline is left out of the basis (include_bias=False): its weight is zero.
    coefficients = np.append(weights, 0.0)
    pieces = PPoly.from_spline(BSpline(joined.t, coefficients, degree))
    inside = slice(degree, len(joined.t) - degree - 1)
    cubics = np.zeros((4, len(joined.t) - 1 - 2 * degree))
    cubics[3 - degree :] = pieces.c[:, inside]
    knots = joined.t[degree : len(joined.t) - degree]
    rows = [(float(a), float(b), float(c), float(d)) for a, b, c, d in cubics.T]
    return Curve(tuple(float(knot) for knot in knots), tuple(rows), mean)


def compile_trees(trees: Any) -> tuple[tuple[Tree, ...], float]:
    """Return the trees that ask anything, and the log-odds they start from.

    scikit-learn keeps the nodes in private fields; the tests compare every score with its own.
    """
    compiled = [compile_node(stage[0].nodes, 0) for stage in trees._predictors]
    start = float(np.ravel(trees._baseline_prediction)[0])
    stumps = sum(tree.value for tree in compiled if isinstance(tree, Leaf))
    return tuple(tree for tree in compiled if isinstance(tree, Fork)), start + stumps


def compile_node(nodes: Any, place: int) -> Tree:
    """Return a node with all below it."""
    node = nodes[place]
    if node["is_leaf"]:
        return Leaf(float(node["value"]), int(node["count"]))
    return Fork(
        int(node["feature_idx"]),
        float(node["num_threshold"]),
        compile_node(nodes, int(node["left"])),
        compile_node(nodes, int(node["right"])),
    )
