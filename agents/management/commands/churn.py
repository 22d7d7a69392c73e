"""`manage.py churn evaluate` and `churn time`: measure the churn recipe on any CSV of customers."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.churn.errors import ChurnDataError
from agents.churn.evaluate import Evaluation, evaluate
from agents.churn.score import Scorer
from agents.churn.table import Row
from agents.churn.timing import time_scoring
from agents.churn.train import train


class Command(BaseCommand):
    """The churn commands. They read a file alone and need no database."""

    help = "Measure the churn model on a CSV of customers."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare `evaluate` and `time`."""
        commands = parser.add_subparsers(dest="action", required=True)
        judge = commands.add_parser("evaluate", help="how good it is on customers it has not seen")
        judge.add_argument("--folds", type=int, default=5)
        timing = commands.add_parser("time", help="how fast it trains and scores on this machine")
        for command in (judge, timing):
            command.add_argument("--csv", type=Path, required=True, metavar="FILE")
            command.add_argument("--label", required=True, metavar="COLUMN", help="says who left")
            command.add_argument("--positive", required=True, metavar="VALUE", help="means: left")
            command.add_argument("--seed", type=int, default=0)
            command.add_argument(
                "--trust", action="append", default=[], metavar="COLUMN", help="keep in spite of alarm"
            )
            command.add_argument("--json", action="store_true", help="print JSON alone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        rows = read_csv(options["csv"])
        try:
            result, text = self.evaluate(rows, options) if options["action"] == "evaluate" else measure(rows, options)
        except ChurnDataError as error:
            raise CommandError(f"{error.code}: {error}") from error
        self.stdout.write(json.dumps(result) if options["json"] else text)

    def evaluate(self, rows: list[Row], options: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Cross-validate the recipe."""
        evaluation = evaluate(
            rows,
            options["label"],
            options["positive"],
            options["folds"],
            options["seed"],
            trusted=options["trust"],
            progress=self.show_fold,
        )
        return evaluation.as_dict(), describe(evaluation)

    def show_fold(self, number: int, folds: int, quality: dict[str, float]) -> None:
        """Tell on stderr that one more fold is done."""
        self.stderr.write(f"fold {number} of {folds}: AUC {quality['auc']:.4f}", self.style.NOTICE)


def read_csv(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    for number, row in enumerate(rows, start=2):
        if None in row:  # where DictReader puts what no column name stands above
            raise CommandError(f"{path}, record {number}: more cells than the header has")
    return [dict(row) for row in rows]


def measure(rows: list[Row], options: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Train once and time the scorer."""
    trained = train(rows, options["label"], options["positive"], seed=options["seed"], trusted=options["trust"])
    result = {
        "seconds_training": trained.card["seconds"],
        "bytes_artefact": len(json.dumps(trained.artefact)),
        **time_scoring(Scorer.from_artefact(trained.artefact), rows),
    }
    return result, "\n".join(f"{value:>10}  {name.replace('_', ' ')}" for name, value in result.items())


def describe(evaluation: Evaluation) -> str:
    """Return the evaluation for a reader."""
    lines = [
        f"{evaluation.rows} customers, {evaluation.churn_rate:.1%} left; {evaluation.folds} folds",
        f"AUC          {evaluation.auc:.4f} ± {evaluation.auc_sd:.4f}",
        f"Brier        {evaluation.brier:.4f}",
        f"lift @ 10 %  {evaluation.lift_at_10:.2f}",
        f"ECE          {evaluation.ece:.4f}   (pooled, ten bins of equal count)",
        f"slope        {evaluation.slope:.3f}    (1 is ideal)",
        f"accuracy     {evaluation.accuracy:.4f}   recall {evaluation.recall:.4f}   (at 0.5)",
        f"training     {evaluation.seconds:.1f} s at most, {evaluation.seconds_total:.1f} s in all",
        "foretold    seen  customers",
        *(f"{each.predicted:8.1%} {each.observed:7.1%} {each.customers:10}" for each in evaluation.calibration),
    ]
    if evaluation.alarms:
        lines.append("left out, for they foretell churn all alone: " + ", ".join(evaluation.alarms))
    return "\n".join(lines)
