"""Runs a command again whenever it dies, and ends it when told to end.

Honcho has no restarts: without this, one killed agent would take the whole product with it. And it signals whole
process groups, while an agent wants to end the steps in hand of its pool by itself: so the command gets a session of
its own, and only its first process is told.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from types import FrameType

PAUSE_SECONDS = 1

stopping = False
child: subprocess.Popen[bytes] | None = None


def stop(number: int, frame: FrameType | None) -> None:
    global stopping
    stopping = True
    if child is not None:
        child.terminate()


def main(command: list[str]) -> None:
    global child
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        child = subprocess.Popen(command, start_new_session=True)
        if stopping:  # told between the start and the line above
            child.terminate()
        code = child.wait()
        if not stopping:
            print(f"{' '.join(command)} ended with {code}; starting it again", flush=True)
            time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
