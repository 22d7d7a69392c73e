"""`manage.py model list`, `train` and `promote NUMBER`: the churn models from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.models import ChurnModel
from agents.selectors.models import list_versions
from agents.services.models import DEFAULT_LABEL, DEFAULT_POSITIVE, promote_model, train_churn_model
from crm.actors import SYSTEM
from crm.errors import RapportError


class Command(BaseCommand):
    help = "List, train and promote churn models."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list", help="the models, newest first")
        train = acts.add_parser("train", help="learn from the customers there are")
        train.add_argument("--label", default=DEFAULT_LABEL, help="the field that says who left")
        train.add_argument("--positive", default=DEFAULT_POSITIVE, help="its value for those who did")
        promote = acts.add_parser("promote", help="let a model score from now on; also the way back to an older one")
        promote.add_argument("number", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["act"] == "list":
                self._list()
            elif options["act"] == "train":
                self._tell(train_churn_model(actor=SYSTEM, label=options["label"], positive=options["positive"]))
            else:
                self._tell(promote_model(actor=SYSTEM, number=options["number"]))
        except RapportError as error:
            raise CommandError(error.detail) from error

    def _list(self) -> None:
        for one in list_versions(actor=SYSTEM):
            self.stdout.write(
                f"{one.number:>4}  {one.label:<10}  {one.trained_at:%Y-%m-%d %H:%M}  {one.rows:>7,} customers"
                f"  AUC {one.quality['auc']:.4f}  {one.sha256[:12]}"
            )

    def _tell(self, model: ChurnModel) -> None:
        quality = model.card["quality"]
        self.stdout.write(f"{model}: {model.state}, AUC {quality['auc']:.4f}, Brier {quality['brier']:.4f}")
