"""`manage.py demo load` fills an installation with customers, a model and workflows; `demo clear` takes them away."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from agents.models import ChurnModel
from agents.services.demo import load_demo_agents
from agents.services.models import current_scorer, score_customers, train_churn_model
from crm import events
from crm.actors import SYSTEM, actor_of
from crm.errors import Conflict
from crm.models import Customer, Member
from crm.services.demo import clear_demo_records, load_demo_records
from workflows.models import Workflow
from workflows.services.demo import WORKFLOWS, load_demo_workflows
from workflows.services.workflows import delete_workflow, set_enabled


class Command(BaseCommand):
    help = "Load the demo, or clear it. Both may be called again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["load", "clear"])
        parser.add_argument("--no-runs", action="store_true", help="Do not start the workflows once.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.started = time.monotonic()
        if options["act"] == "load":
            self._load(with_runs=not options["no_runs"])
        else:
            self._clear()

    def _say(self, line: str) -> None:
        self.stdout.write(f"    {time.monotonic() - self.started:5.1f} s  {line}")
        self.stdout.flush()

    def _load(self, *, with_runs: bool) -> None:
        load_demo_records(self._say)
        load_demo_agents(actor=SYSTEM)
        self._score()
        workflows = load_demo_workflows(actor=SYSTEM, with_runs=with_runs)
        self._say(f"workflows: {', '.join(workflow.name for workflow in workflows)}")

    def _score(self) -> None:
        manager = actor_of(Member.objects.get(username="manager"))
        if not ChurnModel.objects.exists():
            self._say("training the churn model")
            train_churn_model(actor=manager)
        if Customer.objects.filter(churn_risk__isnull=True).exists():
            # A first score is no news: nothing has risen yet.
            with events.muted():
                scored = score_customers(actor=manager)
            self._say(f"scored by {current_scorer().name}: {len(scored):,}")

    def _clear(self) -> None:
        for workflow in Workflow.objects.filter(key__in=[wanted.key for wanted in WORKFLOWS]):
            self._say(_clear_workflow(workflow))
        clear_demo_records(self._say)


def _clear_workflow(workflow: Workflow) -> str:
    """History is never deleted, so a workflow that has run stays, switched off."""
    try:
        delete_workflow(actor=SYSTEM, workflow=workflow)
    except Conflict:
        set_enabled(actor=SYSTEM, workflow=workflow, enabled=False)
        return f"workflow {workflow.name} has run: kept, switched off"
    return f"workflow {workflow.name} removed"
