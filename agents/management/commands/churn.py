"""`manage.py churn evaluate`: measures the churn recipe on any CSV of customers."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agents.churn.errors import ChurnDataError
from agents.churn.evaluate import Evaluation, evaluate


class Command(BaseCommand):
    """The churn commands."""

    help = "Evaluate the churn model on a CSV of customers by cross-validation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare `evaluate`."""
        commands = parser.add_subparsers(dest="action", required=True)
        command = commands.add_parser("evaluate", help=self.help)
        command.add_argument("--csv", type=Path, required=True, metavar="FILE")
        command.add_argument("--label", required=True, metavar="COLUMN", help="says who left")
        command.add_argument("--positive", required=True, metavar="VALUE", help="means: left")
        command.add_argument("--folds", type=int, default=5)
        command.add_argument("--seed", type=int, default=0)
        command.add_argument(
            "--trust",
            action="append",
            default=[],
            metavar="COLUMN",
            help="keep a field that sets off the leak alarm",
        )
        command.add_argument("--json", action="store_true", help="print JSON alone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Evaluate and print."""
        try:
            with options["csv"].open(encoding="utf-8-sig", newline="") as handle:
                rows = list(csv.DictReader(handle))
            evaluation = evaluate(
                rows,
                options["label"],
                options["positive"],
                options["folds"],
                options["seed"],
                trusted=options["trust"],
                progress=self.show_fold,
            )
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"{options['csv']} cannot be read: {error}") from error
        except ChurnDataError as error:
            raise CommandError(f"{error.code}: {error}") from error
        self.stdout.write(json.dumps(evaluation.as_dict()) if options["json"] else describe(evaluation))

    def show_fold(self, number: int, folds: int, quality: dict[str, float]) -> None:
        """Tell on stderr that one more fold is done."""
        self.stderr.write(f"fold {number} of {folds}: AUC {quality['auc']:.4f}", self.style.NOTICE)


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
        "foretold  seen  customers",
        *(f"{each.predicted:7.1%} {each.observed:6.1%} {each.customers:9}" for each in evaluation.calibration),
    ]
    if evaluation.alarms:
        lines.append("left out, for they foretell churn all alone: " + ", ".join(evaluation.alarms))
    return "\n".join(lines)
