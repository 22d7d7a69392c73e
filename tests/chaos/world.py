"""A world of its own to shake: servers that keep what they promise, and agents that are started again when they die."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any

import psutil
import psycopg2
import redis

from config import data_dir
from config.embedded import Postgres, Valkey
from tests.chaos.kinds import TABLES

TEMPLATE = "chaos_template"


class ShakenPostgres(Postgres):
    """Durable, as PostgreSQL is out of the box."""

    def crash(self) -> None:
        self._run("pg_ctl", "-w", "-t", "60", "-s", "-m", "immediate", "stop")

    def restart_at_once(self) -> None:
        self.crash()
        self.start()


@dataclass
class Slot:
    """A place for a worker process of an agent; who dies in it is replaced."""

    agent: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0


@dataclass
class World:
    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    name: str = TEMPLATE
    slots: list[Slot] = field(default_factory=list)
    _groups: list[int] = field(default_factory=list)
    _supervising: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.postgres, self.valkey = ShakenPostgres(self.data), Valkey(self.data)

    # Servers

    def open(self) -> None:
        self.postgres.start()
        self.valkey.start()
        self.postgres.ensure_database(TEMPLATE)
        self.manage("migrate", "--verbosity", "0")
        with psycopg2.connect(self.url) as connection, connection.cursor() as cursor:
            cursor.execute(TABLES)
        connection.close()

    def close(self) -> None:
        self.stop_agents()
        self.valkey.stop()
        self.postgres.stop()

    @property
    def url(self) -> str:
        return data_dir.database_url(self.data, self.name)

    def use_new_database(self, name: str) -> None:
        self.environment, self.name = {}, name
        connection = psycopg2.connect(data_dir.database_url(self.data, "postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}')
        connection.close()
        self.broker().flushall()

    def broker(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.valkey.socket), socket_timeout=5)

    # Processes

    def _full_environment(self, more: dict[str, str]) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DATABASE_URL": self.url,
            "BROKER_URL": data_dir.broker_url(self.data),
            "OMP_NUM_THREADS": "1",
            **self.environment,
            **more,
        }

    def manage(self, *arguments: str) -> None:
        command = [sys.executable, "-W", "ignore", "manage.py", *arguments]
        subprocess.run(command, env=self._full_environment({}), check=True)

    def spawn(self, *arguments: str, log: str, **environment: str) -> subprocess.Popen[bytes]:
        """A Python process in a session of its own, which ends with the scenario."""
        with (self.data / f"{self.name}-{log}.log").open("ab") as file:
            process = subprocess.Popen(
                [sys.executable, *arguments], env=self._full_environment(environment), stdout=file, stderr=file,
                start_new_session=True,
            )  # fmt: skip
        self._groups.append(process.pid)
        return process

    def start_agents(self, *agents: str, **environment: str) -> None:
        """One worker for each name; names may come twice."""
        for agent in agents:
            slot = Slot(agent, environment)
            self._fill(slot)
            self.slots.append(slot)
        if not self._supervising.is_set():
            self._supervising.set()
            threading.Thread(target=self._supervise, daemon=True).start()

    def _fill(self, slot: Slot) -> None:
        slot.process = self.spawn("manage.py", "run_agent", slot.agent, log=slot.agent, **slot.environment)
        slot.starts += 1

    def _supervise(self) -> None:
        while self._supervising.is_set():
            for slot in list(self.slots):
                if slot.process and slot.process.poll() is not None and self._supervising.is_set():
                    self._fill(slot)
            time.sleep(0.5)

    def stop_agents(self) -> None:
        """All at once and for good."""
        self._supervising.clear()
        self.slots.clear()
        for group in self._groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, SIGKILL)
        self._groups.clear()

    def restart(self, slot: Slot, **environment: str) -> None:
        """As a release does it: told to end, waited for, started with other code."""
        assert slot.process
        slot.environment = environment
        old, starts = slot.process, slot.starts
        old.terminate()
        self.wait_until(lambda: slot.starts > starts, 60, "the worker starts again")

    def processes(self, slot: Slot) -> list[psutil.Process]:
        """A worker's main process first, then those of its pool."""
        assert slot.process
        try:
            main = psutil.Process(slot.process.pid)
            return [main, *main.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill_one(self, rng: random.Random) -> bool:
        """SIGKILL to a random process of a random worker; its pool rather than the worker itself."""
        family = self.processes(rng.choice(self.slots))
        if not family:
            return False
        victim = rng.choice(family[1:] * 3 + family[:1])
        try:
            victim.send_signal(SIGKILL)
        except psutil.NoSuchProcess:
            return False
        return True

    def logs(self) -> str:
        return "".join(path.read_text(errors="replace") for path in self.data.glob(f"{self.name}-*.log"))

    # Waiting

    def wait_until(self, holds: Callable[[], Any], seconds: float, what: str, every: float = 0.5) -> Any:
        begun = told = time.monotonic()
        while not (found := holds()):
            now = time.monotonic()
            if now - begun > seconds:
                raise AssertionError(f"It did not come true within {seconds:.0f} s: {what}")
            if now - told > 10:
                told = now
                print(f"    {now - begun:4.0f} s  waiting until {what}", file=sys.__stderr__, flush=True)
            time.sleep(every)
        return found
