"""agent_token NAME: an access token for a program that keeps one instead of logging in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm.api.tokens import issue_lasting_token
from crm.models import Member

DAY = 86_400
MOST_DAYS = 366


class Command(BaseCommand):
    help = "Prints an access token of the member that lasts for days: for a connection of another installation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the member's username")
        parser.add_argument("--days", type=int, default=90, help=f"90 by default, at most {MOST_DAYS}")

    def handle(self, *args: Any, **options: Any) -> None:
        member = Member.objects.filter(username=options["name"], is_active=True).first()
        if member is None:
            raise CommandError(f"There is no active member {options['name']!r}.")
        if not 1 <= options["days"] <= MOST_DAYS:
            raise CommandError(f"Between 1 and {MOST_DAYS} days.")
        self.stdout.write(issue_lasting_token(member, options["days"] * DAY))
