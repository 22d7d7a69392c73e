"""`make run`: servers, tables, demo data, then every process of the Procfile, until Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from config import data_dir, leftovers
from config.embedded import Postgres, ServerError, Valkey

READY_SECONDS = 120


class Stopped(Exception):
    """The person pressed Ctrl-C, or the system asked us to end."""


class LaunchError(RuntimeError):
    """What keeps Rapport from starting, and what to do about it."""


def main() -> int:
    data, port = data_dir.path(), int(os.environ.get("PORT") or 8000)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with ExitStack() as stack:
            _launch(data, port, stack)
    except Stopped:
        print("Rapport has stopped.", flush=True)
        return 0
    except (LaunchError, ServerError) as error:
        print(f"\nRapport cannot start: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not cut the stopping short.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    print("\nStopping…", flush=True)
    raise Stopped


def _launch(data: Path, port: int, stack: ExitStack) -> None:
    started = time.monotonic()
    _make_folder(data)
    stack.enter_context(_only_one(data, port))
    leftovers.end_marked(data)
    _refuse_taken_port(port)
    environment = _environment(data, port)
    with _progress("database and broker"):
        _start_servers(data, environment, stack)
    stack.callback(leftovers.end_marked, data)
    _run_manage("prepare", environment)
    _print_line("services", "starting")
    honcho = stack.enter_context(_procfile(environment))
    _wait_until_ready(honcho, port)
    _announce(port, time.monotonic() - started)
    honcho.wait()
    raise LaunchError("a process ended and took the others with it; its last words are above.")


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True)
        for folder in ("mail", "static"):
            (data / folder).mkdir(exist_ok=True)
    except OSError as error:
        raise LaunchError(
            f"{data} cannot be written by this account ({error.strerror}). Was it made as root? "
            f"Remove it, or choose another folder: RAPPORT_DATA_DIR=/some/folder make run"
        ) from error


@contextmanager
def _only_one(data: Path, port: int) -> Iterator[None]:
    """Hold a lock that the system drops by itself, however this process ends."""
    with (data / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LaunchError(
                f"it is running already on {data}. Stop that one with Ctrl-C, or start a second one beside it: "
                f"RAPPORT_DATA_DIR=/another/folder PORT={port + 1} make run"
            ) from None
        yield


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OverflowError as error:
            raise LaunchError(f"{port} is no port; choose one from 1024 to 65535: PORT=8001 make run") from error
        except OSError as error:
            raise LaunchError(
                f"port {port} is taken ({error.strerror}). Stop what uses it, or choose another: "
                f"PORT={port + 1} make run"
            ) from error


def _environment(data: Path, port: int) -> dict[str, str]:
    mail_port = _free_port()
    (data / "mail_port").write_text(str(mail_port))
    given = {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "LOG_LEVEL": "WARNING",
        **os.environ,
        "PORT": str(port),
        # Honcho gives each process another PORT; this is where the web process listens.
        "WEB_PORT": str(port),
        "RAPPORT_DATA_DIR": str(data),
        "MAIL_CATCHER_PORT": str(mail_port),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
        leftovers.MARK: str(data),
    }
    given.setdefault("DATABASE_URL", data_dir.database_url(data))
    given.setdefault("BROKER_URL", data_dir.broker_url(data))
    return given


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start_servers(data: Path, environment: dict[str, str], stack: ExitStack) -> None:
    if "DATABASE_URL" not in os.environ:
        postgres = Postgres(data)
        stack.callback(postgres.stop)
        postgres.start()
        postgres.ensure_database("rapport")
    if "BROKER_URL" not in os.environ:
        valkey = Valkey(data, environment)
        stack.callback(valkey.stop)
        valkey.start()


def _run_manage(command: str, environment: dict[str, str]) -> None:
    unlimited = {"DATABASE_STATEMENT_TIMEOUT_MS": "0", "DATABASE_IDLE_TIMEOUT_MS": "0"}
    arguments = [sys.executable, "manage.py", command]
    with subprocess.Popen(
        arguments, env={**environment, **unlimited}, cwd=data_dir.BASE_DIR, start_new_session=True
    ) as process:
        try:
            code = process.wait()
        finally:
            process.terminate()
    if code != 0:
        raise LaunchError(f"`manage.py {command}` failed; its message is above.")


@contextmanager
def _procfile(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, "-m", "honcho", "--no-colour", "-f", "Procfile", "start"]
    # A session of its own: Ctrl-C reaches this process only, which then ends the rest in order.
    honcho = subprocess.Popen(arguments, env=environment, cwd=data_dir.BASE_DIR, start_new_session=True)
    try:
        yield honcho
    finally:
        honcho.terminate()
        honcho.wait()


def _wait_until_ready(honcho: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if honcho.poll() is not None:
            raise LaunchError("a process ended at its start; its message is above.")
        if _is_ready(port):
            return
        time.sleep(0.1)
    raise LaunchError(f"http://127.0.0.1:{port}/readyz did not answer for {READY_SECONDS} seconds.")


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(json.load(answer)["status"] == "ready")
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _announce(port: int, seconds: float) -> None:
    print(
        f"\n  Rapport is ready at http://127.0.0.1:{port}/  ({seconds:.0f} s)\n"
        f"  Log in as admin, manager, builder, operator or viewer, password rapport-demo\n"
        f"  Ctrl-C stops everything\n",
        flush=True,
    )


@contextmanager
def _progress(name: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    _print_line(name, f"{time.monotonic() - started:.1f} s")


def _print_line(name: str, value: str) -> None:
    print(f"  {name:<24} {value}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
