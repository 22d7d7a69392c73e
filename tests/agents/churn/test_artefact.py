"""A stored model is checked before it scores anyone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.churn.errors import ArtefactError
from agents.churn.score import Scorer
from agents.churn.train import TrainedModel


def spoil(artefact: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return a copy with one place replaced."""
    copy = json.loads(json.dumps(artefact))
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    target = copy
    for step in parents:
        target = target[step]
    target[last] = value
    return dict(copy)


deep: list[Any] = [0.0, 1]
for _ in range(5000):
    deep = [0, 0.5, deep, [0.0, 1]]


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("format", "rapport-churn/0", "format"),
        ("fields.0.kind", "date", "fields[0].kind"),
        ("fields.0.name", None, "fields[0].name"),
        ("fields", {}, "fields"),
        ("derived.0.of", [0, 99], "derived[0].of"),
        ("linear.terms", [], "linear.terms"),
        ("linear.base", "0", "linear.base"),
        ("linear.base", float("nan"), "linear.base"),
        ("linear.terms.0.knots", [1.0, 1.0], "linear.terms[0].pieces"),
        ("blend.slope", True, "blend.slope"),
        ("trees.roots.0", [0, 0.5, [0.0, 1]], "trees.roots[0]"),
        ("trees.roots.0.0", 999, "trees.roots[0][0]"),
        ("trees.roots.0", [0.0, 0], "trees.roots[0][1]"),
        ("trees.roots.0", deep, "trees.roots[0]"),
        ("trees.roots", [[0.0, 1]] * 501, "trees.roots"),
    ],
)
def test_a_spoilt_artefact_is_refused_and_the_place_named(
    trained: TrainedModel, path: str, value: object, named: str
) -> None:
    with pytest.raises(ArtefactError) as caught:
        Scorer.from_artefact(spoil(trained.artefact, path, value))
    assert caught.value.path == named


@pytest.mark.parametrize("artefact", [None, [], "{}", {}])
def test_what_is_no_artefact_at_all_is_refused(artefact: object) -> None:
    with pytest.raises(ArtefactError):
        Scorer.from_artefact(artefact)
