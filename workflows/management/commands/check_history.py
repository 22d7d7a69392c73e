"""check_history: looks at all runs, or at those since a time, and tells what should not be."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from workflows.engine.history import Report, check_history


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Checks the history of runs by the tables alone; ends with 1 if a rule is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", help="only runs that began then or later, for instance 2026-05-01T00:00")
        parser.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = check_history(_read_time(options["since"]))
        self.stdout.write(json.dumps(asdict(report), default=str, indent=2) if options["json"] else in_words(report))
        if report.violated:
            sys.exit(1)


def _read_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        read = parse_datetime(text if "T" in text else f"{text}T00:00")
    except ValueError:
        read = None
    if read is None:
        raise CommandError(f"{text!r} is no time; write it like 2026-05-01T14:30.")
    return read if timezone.is_aware(read) else timezone.make_aware(read)


def in_words(report: Report) -> str:
    looked_at = f"{report.runs:,} runs, {report.steps:,} steps"
    if not report.violated:
        return f"{looked_at}: every rule holds."
    more = report.violated - len(report.violations)
    lines = [*map(str, report.violations), *([f"… and {more:,} more."] if more else [])]
    return "\n".join([*lines, f"{looked_at}: {report.violated:,} violations."])
