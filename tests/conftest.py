"""What every test may ask for: servers of its session's own, the broker, agents as processes, the product."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from config import data_dir
from config.embedded import FAST_SETTINGS, Postgres, Valkey
from config.settings.databases import redis_client_url

StartAgent = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="session")
def servers() -> Iterator[Path]:
    """PostgreSQL and Valkey in a folder that no other session shares."""
    folder: Path = settings.DATA_DIR
    if "DATABASE_URL" in os.environ and "BROKER_URL" in os.environ:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        shutil.rmtree(folder, ignore_errors=True)
        return
    _remove_dead_sessions(folder.parent)
    folder.mkdir(parents=True, exist_ok=True)
    postgres, valkey = Postgres(folder, FAST_SETTINGS), Valkey(folder)
    postgres.start()
    valkey.start()
    postgres.ensure_database("rapport")
    yield folder
    valkey.stop()
    postgres.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _remove_dead_sessions(folder: Path) -> None:
    """Clear what sessions left that were killed before they could."""
    for session in folder.glob("[0-9]*"):
        if not psutil.pid_exists(int(session.name)):
            Postgres(session).stop()
            shutil.rmtree(session, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(servers: Path) -> None:
    """Start the servers before the first test that touches the database, and only then."""


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_triggers() -> None:
    """Let the flush after a transactional test empty append-only tables too; a superuser's session may."""
    plain = DatabaseOperations.sql_flush

    def sql_flush(self: DatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
        return ["SET LOCAL session_replication_role = 'replica'", *plain(self, *args, **kwargs)]

    DatabaseOperations.sql_flush = sql_flush  # type: ignore[assignment,method-assign]


@pytest.fixture
def broker(servers: Path) -> Iterator[redis.Redis]:
    """An empty broker."""
    client = redis.Redis.from_url(redis_client_url(settings.BROKER_URL))
    client.flushall()
    yield client
    client.flushall()
    client.close()


@pytest.fixture
def empty_cache(servers: Path) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def process_environment(transactional_db: None, servers: Path) -> dict[str, str]:
    """What a child process needs to work on this test's database and broker."""
    name = str(connection.settings_dict["NAME"])
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": os.environ.get("TEST_DATABASE_URL") or data_dir.database_url(servers, name),
        "BROKER_URL": settings.BROKER_URL,
    }


@pytest.fixture
def start_agent(process_environment: dict[str, str], broker: redis.Redis) -> Iterator[StartAgent]:
    """Start `manage.py run_agent NAME` as a process group of its own, as often as asked; all end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str = "clerk", *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "run_agent", name, *arguments]
        process = subprocess.Popen(command, env={**process_environment, **environment}, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        kill_tree(process.pid)
        process.wait()


def kill_tree(pid: int) -> None:
    """Kill a process and all its children at once, as a power cut would."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The running product goes last: its agents would take turns with every other test."""
    items.sort(key=lambda item: "product" in getattr(item, "fixturenames", ()))
