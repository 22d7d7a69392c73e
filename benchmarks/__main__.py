"""`make bench`: every benchmark, one after the other; what it finds is printed and written to docs/benchmarks.md."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.answering import answering_server
from benchmarks.installation import ROOT, installation, say

DOCUMENT = ROOT / "docs" / "benchmarks.md"
INTRODUCTION = """\
# Benchmarks

Written by `make bench` and `make bench-growth`; each replaces its own parts. All figures are of one machine, and all
rows of a table of one run. Ratios tell more than times: other machines have other times.
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--growth", action="store_true", help="the part with ten million old rows only")
    begun = time.monotonic()
    if options.parse_args().growth:
        parts = _growth()
    else:
        parts = {**_engine(), **_apart("expressions"), **_apart("designer")}
    for title, text in parts.items():
        print(f"\n## {title}\n\n{text}", flush=True)
    write(parts)
    print(f"\n{DOCUMENT.relative_to(ROOT)} is written; it took {time.monotonic() - begun:.0f} s.")


def _engine() -> dict[str, str]:
    with answering_server() as port, installation(port) as data:
        from benchmarks.commits import commits_table, idle_table
        from benchmarks.engine import compare
        from benchmarks.latency import latency_table
        from benchmarks.machine import machine
        from benchmarks.webhook import webhook_table

        idle = idle_table()
        return {
            "The machine": machine(),
            "Beside Celery and DBOS": compare(data, port),
            "Webhook to finished run": webhook_table(),
            "From step to step": latency_table(port),
            "Commits": commits_table(port),
            "Idle": idle,
        }


def _growth() -> dict[str, str]:
    from benchmarks.growth import measure

    return measure()


def _apart(name: str) -> dict[str, str]:
    """Needs no installation, and is run as by itself."""
    say(name)
    done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True, check=False)
    failed = "" if done.returncode == 0 else "\nThis one failed.\n"
    return {name.capitalize(): f"```\n{done.stdout.strip()}\n```{failed}"}


def write(parts: dict[str, str], document: Path = DOCUMENT) -> None:
    """Replaces the parts in the document, and leaves its others alone."""
    found = document.read_text().split("\n## ")[1:] if document.exists() else []
    known = {title: text.strip() for title, _, text in (part.partition("\n") for part in found)}
    known |= {title: text.strip() for title, text in parts.items()}
    body = "".join(f"\n## {title}\n\n{text}\n" for title, text in known.items())
    document.write_text(INTRODUCTION + re.sub(r"\n{3,}", "\n\n", body))


if __name__ == "__main__":
    main()
