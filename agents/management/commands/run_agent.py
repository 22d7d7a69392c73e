"""run_agent NAME: becomes a Celery worker of the agent."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents.celery_worker import AGENT_VARIABLE
from agents.models import Agent


class Command(BaseCommand):
    # The web process checks the whole; an agent starts without loading every page.
    requires_system_checks = ()
    help = "Runs a worker of the agent, with its queue, its capacity and its kind of pool."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the agent's name, for instance clerk")

    def handle(self, *args: Any, **options: Any) -> None:
        agent = Agent.objects.filter(name=options["name"]).first()
        if agent is None:
            names = ", ".join(Agent.objects.values_list("name", flat=True)) or "none yet"
            raise CommandError(f"There is no agent {options['name']!r}. The agents are: {names}.")
        # At a warm shutdown a lease is let go, not waited out.
        os.environ.update({AGENT_VARIABLE: agent.name, "REMAP_SIGTERM": "SIGQUIT", "CELERY_SKIP_CHECKS": "1"})
        os.execv(sys.executable, [sys.executable, *celery_arguments(agent)])  # noqa: S606 - our own interpreter


def celery_arguments(agent: Agent) -> list[str]:
    return [
        "-m", "celery", "--app", "config", "--quiet", "worker",
        "--hostname", f"{agent.name}-{os.getpid()}@%h", "--queues", agent.queue,
        "--concurrency", str(agent.capacity), "--pool", agent.pool,
        "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING",
    ]  # fmt: skip
