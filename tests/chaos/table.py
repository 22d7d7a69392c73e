"""The table of promises: what was done to the engine, what it came to, and whether the promise was kept."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path("docs/chaos.md")
MARKERS = "<!-- table -->", "<!-- /table -->"


WORDS = {True: "kept", False: "**broken**", None: "apart"}


@dataclass(frozen=True)
class Row:
    promise: str
    done: str
    figures: str
    kept: bool | None  # None: shown elsewhere

    @property
    def order(self) -> tuple[int, str]:
        number = re.match(r"\d+", self.promise)
        return (int(number[0]) if number else 99, self.promise)


ELSEWHERE = Row("13 throughput with 10 million old rows", "`make bench-growth`", "see docs/benchmarks.md", None)
rows: list[Row] = []


def add(promise: str, done: str, figures: str, *, kept: bool) -> None:
    rows.append(Row(promise, done, figures, kept))


def as_markdown() -> str:
    lines = [f"| {row.promise} | {row.done} | {row.figures} | {WORDS[row.kept]} |" for row in _sorted()]
    head = "| promise | what was done | figures | |\n|---|---|---|---|"
    return "\n".join([_machine(), "", head, *lines])


def _sorted() -> list[Row]:
    return sorted([*rows, ELSEWHERE], key=lambda row: row.order)


def _machine() -> str:
    when = datetime.now(UTC).date().isoformat()
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    busy = f"{os.getloadavg()[2]:.0f} processes at work in the quarter of an hour before its end"
    return f"{when}, {os.cpu_count()} cores, {system}, Postgres with `fsync` on; {busy}."


def write() -> None:
    """Puts the table between the markers of the page; what was not tried this time stays as it was."""
    before, _, rest = PAGE.read_text().partition(MARKERS[0])
    old, _, after = rest.partition(MARKERS[1])
    known = {row.promise for row in [*rows, ELSEWHERE]}
    rows.extend(row for row in _read(old) if row.promise not in known)
    PAGE.write_text(f"{before}{MARKERS[0]}\n{as_markdown()}\n{MARKERS[1]}{after}")


def _read(old: str) -> list[Row]:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in old.splitlines() if line[:2] == "| "]
    return [Row(line[0], line[1], line[2], kept=line[3] == WORDS[True]) for line in cells[1:] if len(line) == 4]


def as_text() -> str:
    word = {True: "kept", False: "BROKEN", None: "apart"}
    lines = [f"{word[row.kept]:7} {row.promise}\n        {row.done}\n        {row.figures}" for row in _sorted()]
    return "\n".join([_machine(), *lines])
