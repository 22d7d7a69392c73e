"""The laws of scoring: reasons add up, one is as many, and nothing a customer holds breaks it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.churn.score import Scorer
from agents.churn.train import fit, labelled, read
from tests.agents.churn.conftest import Rows

anything = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text(max_size=12)
    | st.sampled_from(["basic", " plus ", "yes", "No", "3", "1e308", "-1e308", "1_000", "", "?", "nan", "inf"])
    | st.lists(st.integers(), max_size=2)
)
names = ("visitsPerMonth", "age", "plan", "yearlyFees", "extraFees", "hasCoach", "unknown")
customers = st.fixed_dictionaries({}, optional=dict.fromkeys(names, anything))


@settings(deadline=None, max_examples=400)
@given(row=customers)
def test_reasons_add_up_and_one_scores_as_many_whatever_the_fields_hold(scorer: Scorer, row: dict[str, object]) -> None:
    one = scorer.score_one(row)
    (many,) = scorer.score_many([row])
    for prediction in (one, many):
        total = prediction.base + sum(reason.contribution for reason in prediction.reasons)
        assert abs(total - prediction.log_odds) < 1e-9
    assert abs(one.log_odds - many.log_odds) < 1e-9
    assert scorer.probability(row) == one.probability
    assert 0.0 <= one.probability <= 1.0
    effects = {reason.field: reason.contribution for reason in many.reasons}
    assert all(abs(effects[reason.field] - reason.contribution) < 1e-9 for reason in one.reasons)


def test_scores_equal_those_of_scikit_learn(members: Rows, scorer: Scorer) -> None:
    rows, labels = labelled(members, "left", True)
    reading = read(rows, "left", labels, ())
    expected = fit(reading, labels, seed=0).log_odds(reading.matrix)
    scored = [prediction.log_odds for prediction in scorer.score_many(rows)]
    assert np.abs(expected - scored).max() < 1e-9


def test_tree_reasons_are_the_shapley_values_of_the_definition(scorer: Scorer, members: Rows) -> None:
    """For each field: its mean effect over all orders in which the fields can become known."""
    from itertools import permutations

    from agents.churn.attribution import count_rows
    from agents.churn.compiled import Leaf, Tree
    from agents.churn.encode import encode

    row = encode(scorer.model.plan, members[:1])[0]

    def answer(node: Tree, known: set[tuple[int, ...]]) -> float:
        if isinstance(node, Leaf):
            return node.value
        if scorer.columns[node.column].owners in known:
            return answer(node.left if row[node.column] <= node.threshold else node.right, known)
        shares = ((side, count_rows(side) / count_rows(node)) for side in (node.left, node.right))
        return sum(share * answer(side, known) for side, share in shares)

    for tree, table in list(zip(scorer.model.trees, scorer.tables, strict=True))[:10]:
        players = sorted({scorer.columns[fork.column].owners for fork in table.forks})
        expected = np.zeros(len(scorer.names))
        orders = list(permutations(players))
        for order in orders:
            for place, player in enumerate(order):
                gain = answer(tree, set(order[: place + 1])) - answer(tree, set(order[:place]))
                expected[list(player)] += gain / len(player) / len(orders)
        pattern = sum((row[f.column] <= f.threshold) << place for place, f in enumerate(table.forks))
        assert np.allclose(table.effects[pattern], expected[list(table.fields)], atol=1e-12)


def test_a_number_means_the_same_as_text_and_as_number(scorer: Scorer, members: Rows) -> None:
    text = {name: None if value is None else str(value) for name, value in members[0].items()}
    assert scorer.probability(text) == scorer.probability(members[0])


def test_an_unseen_level_is_no_better_known_than_a_missing_one(scorer: Scorer) -> None:
    assert scorer.probability({"plan": "platinum"}) == scorer.probability({"plan": None}) == scorer.probability({})


def test_reasons_come_largest_first_with_the_customers_own_value(scorer: Scorer, members: Rows) -> None:
    prediction = scorer.score_one(members[0])
    sizes = [abs(reason.contribution) for reason in prediction.reasons]
    assert sizes == sorted(sizes, reverse=True)
    assert all(reason.value == members[0][reason.field] for reason in prediction.reasons)
    assert prediction.model == "gym 1"


def test_the_threshold_decides_the_prediction(scorer: Scorer, members: Rows) -> None:
    probability = scorer.probability(members[0])
    assert Scorer(scorer.model, threshold=probability).score_one(members[0]).prediction
    assert not Scorer(scorer.model, threshold=probability + 1e-6).score_one(members[0]).prediction


def test_an_explanation_names_three_up_two_down_and_never_a_cause(scorer: Scorer, members: Rows) -> None:
    for prediction in scorer.score_many(members[:50]):
        shown = scorer.explain(prediction)
        assert [each.points > 0 for each in shown] == sorted([each.points > 0 for each in shown], reverse=True)
        assert sum(each.points > 0 for each in shown) <= 3
        assert sum(each.points < 0 for each in shown) <= 2
        assert all("associated with" in each.sentence and "because" not in each.sentence for each in shown)


def test_an_explanation_compares_with_the_cohort(scorer: Scorer) -> None:
    prediction = scorer.score_one({"visitsPerMonth": 0, "hasCoach": False})
    by_field = {each.field: each for each in scorer.explain(prediction, up=9, down=9)}
    assert by_field["visitsPerMonth"].typical == 6.0
    assert by_field["visitsPerMonth"].points > 0
    assert by_field["hasCoach"].sentence.startswith("hasCoach no (typical: no) is associated with")


def test_no_customers_give_no_predictions(scorer: Scorer) -> None:
    assert scorer.score_many([]) == []


def test_scoring_does_not_import_scikit_learn(scorer: Scorer, members: Rows, tmp_path: Path) -> None:
    from agents.churn.artefact import write_artefact

    stored = tmp_path / "artefact.json"
    stored.write_text(json.dumps(write_artefact(scorer.model)))
    program = (
        "import json, sys; from agents.churn.score import Scorer;"
        f"scorer = Scorer.from_artefact(json.load(open({str(stored)!r})));"
        "scorer.score_one({}); scorer.score_many([{}]);"
        "print([name for name in ('sklearn', 'pandas', 'scipy', 'django') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("values", [[0.0, -0.0], [1, 1.0], [1e20, 10**20]])
def test_numbers_that_jsonb_spells_anew_keep_the_fingerprint(values: list[float]) -> None:
    from agents.churn.artefact import fingerprint

    assert fingerprint({"value": values[0]}) == fingerprint({"value": values[1]})
