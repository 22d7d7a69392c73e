"""`make run` says what keeps it from starting and what to do."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path


def launch(data: Path, port: int) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "RAPPORT_DATA_DIR": str(data), "PORT": str(port)}
    command = [sys.executable, "-m", "config.launch"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=20)


def test_a_taken_port_is_named_with_another_to_try(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ended = launch(tmp_path, port)
    assert ended.returncode == 1
    assert f"port {port} is taken" in ended.stderr
    assert f"PORT={port + 1} make run" in ended.stderr


def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ended = launch(tmp_path, 1)
    assert ended.returncode == 1
    assert "it is running already" in ended.stderr


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = launch(tmp_path / "file" / "data", 1)
    assert ended.returncode == 1
    assert "RAPPORT_DATA_DIR=" in ended.stderr


def test_a_refused_start_leaves_no_server_behind(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        launch(tmp_path, other.getsockname()[1])
    assert not (tmp_path / "postgres").exists()
