"""`manage.py prepare`: what an installation needs before its processes start."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from agents.models import Agent
from agents.services.demo import create_first_agents
from crm.actors import SYSTEM


class Command(BaseCommand):
    help = "Bring the tables up to date, make the first agents and, where there are demo log-ins, load the demo once."

    def handle(self, *args: Any, **options: Any) -> None:
        if self._migrations_are_pending():
            self._timed("tables", "migrate", verbosity=0)
        if not Agent.objects.exists():
            create_first_agents(actor=SYSTEM)
        if settings.DEMO_LOGINS:
            self._load_demo(Path(settings.DATA_DIR) / "demo")

    def _migrations_are_pending(self) -> bool:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))

    def _load_demo(self, mark: Path) -> None:
        """Load into an empty database only, or finish a loading that was cut short."""
        unfinished = mark.exists() and mark.read_text() == "loading"
        if get_user_model().objects.exists() and not unfinished:
            return
        mark.write_text("loading")
        self._timed("demo data", "demo", "load")
        mark.write_text("loaded")

    def _timed(self, name: str, command: str, *args: str, **options: Any) -> None:
        started = time.monotonic()
        self.stdout.write(f"  {name:<24} …")
        call_command(command, *args, **options, stdout=self.stdout, stderr=self.stderr)
        self.stdout.write(f"  {name:<24} {time.monotonic() - started:.1f} s")
