"""The whole product as a test holds it: started as `make run` starts it, on a port and a folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 150
# The suite's own settings and servers; the product must come up with neither.
TEST_ONLY = {"DJANGO_SETTINGS_MODULE", "RAPPORT_TEST_DIR", "DATABASE_URL", "BROKER_URL"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Product:
    data: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data / "launch.log"

    def start(self) -> float:
        """Start it, wait until it is ready, and say how many seconds that took."""
        kept = {key: value for key, value in os.environ.items() if key not in TEST_ONLY}
        environment = {**kept, "RAPPORT_DATA_DIR": str(self.data), "PORT": str(self.port)}
        started, starts = time.monotonic(), self._starts()
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "config.launch"]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        while time.monotonic() < started + START_SECONDS and self.process.poll() is None:
            if self._starts() > starts:
                return time.monotonic() - started
            time.sleep(0.1)
        raise AssertionError(f"The product did not start:\n{self.log.read_text()[-4000:]}")

    def _starts(self) -> int:
        # Its own word, and not the site's answer: after a kill an earlier one's web server may still answer.
        return self.log.read_text().count("Rapport is ready") if self.log.exists() else 0

    def stop(self) -> int:
        """Press Ctrl-C."""
        return self._end(signal.SIGINT)

    def kill(self) -> int:
        """Kill what `make run` started first; all that it started itself is left behind."""
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=40)
