"""A whole installation for a benchmark: its own PostgreSQL with fsync on, its own Valkey, agents and web server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from config import data_dir
from config.embedded import Postgres, Valkey

ROOT = Path(__file__).resolve().parent.parent
AGENTS = ("clerk", "scorer", "messenger")
READY_SECONDS = 180


@contextmanager
def servers(allowed_port: int) -> Iterator[Path]:
    """PostgreSQL and Valkey in a folder of their own; the environment of this process leads to them."""
    data = Path(tempfile.mkdtemp(prefix="rapport-bench-"))
    postgres, valkey = Postgres(data), Valkey(data)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, data, ignore_errors=True)
        stack.callback(postgres.stop)
        postgres.start()
        stack.callback(valkey.stop)
        valkey.start()
        postgres.ensure_database("rapport")
        postgres.ensure_database("dbos")
        (data / "static").mkdir()
        os.environ.update(
            {
                "DJANGO_SETTINGS_MODULE": "config.settings.dev",
                "RAPPORT_DATA_DIR": str(data),
                "DATABASE_URL": data_dir.database_url(data),
                "BROKER_URL": data_dir.broker_url(data),
                "LOG_LEVEL": "ERROR",
                # Where the demo's sandbox would be: the one place on this machine that steps may call.
                "WEB_PORT": str(allowed_port),
            }
        )
        yield data


@contextmanager
def installation(allowed_port: int = 0) -> Iterator[Path]:
    """Servers with tables and the first agents; Django is set up in this process."""
    with servers(allowed_port) as data:
        django.setup()
        call_command("migrate", verbosity=0)
        from agents.services.demo import create_first_agents
        from crm.actors import SYSTEM

        create_first_agents(actor=SYSTEM)
        yield data


@cache
def manager() -> Any:
    """Who owns what the benchmark draws."""
    from crm.actors import actor_of
    from crm.models import Member, Role

    member = Member.objects.filter(username="bench").first()
    return actor_of(member or Member.objects.create_user("bench", password="bench", role=Role.ADMIN))  # noqa: S106


def published(document: dict[str, Any]) -> Any:
    from workflows.services.versions import publish
    from workflows.services.workflows import import_document

    actor = manager()
    workflow = import_document(actor=actor, document=document)
    publish(actor=actor, workflow=workflow)
    workflow.refresh_from_db()
    return workflow


@contextmanager
def processes(*commands: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    started = [subprocess.Popen([sys.executable, *command], cwd=ROOT) for command in commands]
    try:
        yield started
    finally:
        for process in started:
            process.terminate()
        for process in started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def agents(*names: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The agents, once they have shown themselves."""
    from django.db import connection

    from agents.models import Worker

    with processes(*(["manage.py", "run_agent", name] for name in names)) as started:
        until = time.monotonic() + READY_SECONDS
        while Worker.objects.filter(stopped_at=None, agent__name__in=names).count() < len(names):
            if time.monotonic() > until:
                raise SystemExit("The agents did not start.")
            time.sleep(0.2)
        connection.close()
        yield started


@contextmanager
def web_server() -> Iterator[int]:
    """Gunicorn as in production, on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    os.environ["PORT"] = str(port)
    with processes(["-m", "gunicorn", "-c", "config/gunicorn.py", "config.asgi:application"]):
        until = time.monotonic() + READY_SECONDS
        while not _listens(port):
            if time.monotonic() > until:
                raise SystemExit("The web server did not start.")
            time.sleep(0.2)
        yield port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def percentile(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def say(words: str) -> None:
    """To the person who waits; the tables go to stdout."""
    print(f"{words} …", file=sys.stderr, flush=True)
