#!/usr/bin/env python3
"""Django's command line, with development settings unless told otherwise."""

import os
import sys

# These read or rewrite whole tables; a request's limits would stop them half-way.
LONG_COMMANDS = {"migrate", "demo", "churn", "import_customers", "audit", "flush", "dbshell", "shell"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    if LONG_COMMANDS.intersection(sys.argv[1:2]):
        os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "0")
        os.environ.setdefault("DATABASE_IDLE_TIMEOUT_MS", "0")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
