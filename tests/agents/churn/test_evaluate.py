"""The recipe on tables it was not made for, and its goals on the demo data."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from agents.churn.errors import ChurnDataError
from agents.churn.evaluate import evaluate
from agents.churn.measures import auc, calibration_bins, calibration_error, calibration_slope, lift, sigmoid
from tests.agents.churn.conftest import Rows
from tests.agents.churn.tables import gym, true_log_odds

TELCO = Path(__file__).parents[3] / "data" / "telco.csv"


def test_the_goals_are_met_on_the_telco_customers() -> None:
    with TELCO.open(encoding="utf-8", newline="") as handle:
        evaluation = evaluate(list(csv.DictReader(handle)), "churn", "Yes", 5)
    assert evaluation.auc >= 0.849
    assert evaluation.brier <= 0.1335
    assert evaluation.lift_at_10 >= 2.86
    assert evaluation.ece <= 0.02
    assert 0.9 <= evaluation.slope <= 1.1
    assert evaluation.seconds <= 15


def test_another_table_is_learnt_nearly_as_well_as_it_can_be() -> None:
    rows = gym(1500, seed=8)
    best = auc(np.array([int(bool(row["left"])) for row in rows]), np.array([true_log_odds(row) for row in rows]))
    evaluation = evaluate(rows, "left", True, 3)
    assert evaluation.auc > best - 0.02
    assert evaluation.ece < 0.06
    assert 0.8 < evaluation.slope < 1.2


def test_a_table_of_pure_noise_gives_the_base_rate_to_everyone() -> None:
    rng = np.random.default_rng(1)
    left = rng.random(400) < 0.3
    rows: Rows = [{"a": float(rng.normal()), "b": str(rng.integers(3)), "left": bool(each)} for each in left]
    evaluation = evaluate(rows, "left", True, 3)
    assert abs(evaluation.auc - 0.5) < 0.1
    assert evaluation.brier < evaluation.churn_rate * (1 - evaluation.churn_rate) + 0.01


def test_one_fold_is_refused(members: Rows) -> None:
    with pytest.raises(ChurnDataError, match="Ask for 2 to 20"):
        evaluate(members, "left", True, folds=1)


def test_measures_of_known_scores_are_right() -> None:
    labels = np.array([0, 0, 1, 1])
    assert auc(labels, np.array([1.0, 2.0, 3.0, 4.0])) == 1.0
    assert auc(labels, np.array([1.0, 1.0, 1.0, 1.0])) == 0.5
    assert lift(labels, np.array([1.0, 2.0, 3.0, 4.0]), share=0.5) == 2.0


def test_true_probabilities_are_well_calibrated() -> None:
    rng = np.random.default_rng(0)
    log_odds = rng.normal(size=20_000)
    labels = (rng.random(20_000) < sigmoid(log_odds)).astype(np.int64)
    assert calibration_error(calibration_bins(labels, sigmoid(log_odds))) < 0.015
    assert calibration_slope(labels, 2 * log_odds) == pytest.approx(0.5, abs=0.02)


def test_the_command_prints_json_alone(members: Rows, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "gym.csv", members)
    out, progress = io.StringIO(), io.StringIO()
    options = ("--label", "left", "--positive", "True", "--folds", "2", "--json")
    call_command("churn", "evaluate", "--csv", str(table), *options, stdout=out, stderr=progress)
    printed = json.loads(out.getvalue())
    assert {"auc", "brier", "lift_at_10", "ece", "slope", "seconds"} <= set(printed)
    assert "fold 2 of 2" in progress.getvalue()


def test_the_command_says_why_it_refuses(members: Rows, tmp_path: Path) -> None:
    table = write_csv(tmp_path / "few.csv", members[:40])
    with pytest.raises(CommandError, match="too_few_labelled: Only 40 customers"):
        call_command("churn", "evaluate", "--csv", str(table), "--label", "left", "--positive", "True")


def write_csv(path: Path, rows: Rows) -> Path:
    """Write rows as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_ragged_csv_is_refused_with_its_place(tmp_path: Path) -> None:
    table = tmp_path / "ragged.csv"
    table.write_text("a,left\n1,yes\n2,no,3\n")
    with pytest.raises(CommandError, match="record 3: more cells than the header has"):
        call_command("churn", "evaluate", "--csv", str(table), "--label", "left", "--positive", "yes")
