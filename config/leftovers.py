"""Finds and ends what an earlier session left running when it was killed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

# Stands in the environment of every process of one installation.
MARK = "RAPPORT_INSTANCE"
POLITE_SECONDS = 3
LAST_SECONDS = 6

Find = Callable[[], list[psutil.Process]]


def in_folder(folder: Path, name: str) -> list[psutil.Process]:
    """Find servers by the folder they work in; they write over their environment."""
    here = str(folder.resolve())
    return [
        process
        for process in psutil.process_iter(["name", "cwd", "status"])
        if process.info["name"] == name and process.info["cwd"] == here and not _is_dead(process)
    ]


def marked(data: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["environ", "status"])
        if (process.info["environ"] or {}).get(MARK) == str(data) and not _is_dead(process)
    ]


def end_in_folder(folder: Path, name: str) -> None:
    _end(lambda: in_folder(folder, name))


def end_marked(data: Path) -> None:
    _end(lambda: [process for process in marked(data) if process.pid != os.getpid()])


def _is_dead(process: psutil.Process) -> bool:
    """Some containers have no init that buries the dead; their numbers stay."""
    return bool(process.info["status"] == psutil.STATUS_ZOMBIE)


def _end(find: Find) -> None:
    """Ask once, and kill what has not ended after a while."""
    started, asked = time.monotonic(), False
    while left := find():
        waited = time.monotonic() - started
        if waited > LAST_SECONDS:
            raise TimeoutError(f"These processes do not end: {[process.pid for process in left]}")
        if not asked or waited > POLITE_SECONDS:
            _send(left, signal.SIGKILL if asked else signal.SIGTERM)
            asked = True
        time.sleep(0.05)


def _send(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
