"""The same work, and the same pages, in an empty installation and in one with ten million old step rows.

python -m benchmarks.growth DATABASE carries out one round for each line that it is given; the two installations take
turns, so that whatever else the machine does meets both alike.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

from benchmarks.installation import ROOT, percentile, say, servers, web_server
from config import data_dir

OLD_STEPS = int(os.environ.get("OLD_STEPS", "10000000"))
ROUNDS = 40
RUNS_A_ROUND = 5
REQUESTS = 50
BUDGET_MS = 100
GIGABYTES_NEEDED = 20
WORKS = ("40 light steps in a row", "fan-out over 1,000 items")


def measure() -> dict[str, str]:
    if shutil.disk_usage("/tmp").free < GIGABYTES_NEEDED * 2**30:  # noqa: S108
        sys.exit(f"The old rows want {GIGABYTES_NEEDED} GB of disk.")
    with servers(0) as data:
        for name in ("empty", "full"):
            _prepare(data, name)
        with _worker(data, "empty") as empty, _worker(data, "full") as full:
            say("taking turns")
            empty(), full()  # the first round warms both up
            rounds = [(empty(), full()) for _ in range(ROUNDS)]
        os.environ["DATABASE_URL"] = data_dir.database_url(data, "full")
        return {"Growth": f"{_work_table(rounds)}\n\n{_page_table()}"}


def _prepare(data: Path, name: str) -> None:
    from config.embedded import Postgres

    Postgres(data).ensure_database(name)
    say(f"making the {name} installation")
    command = [sys.executable, "-m", "benchmarks.growth", name, str(OLD_STEPS if name == "full" else 0)]
    environment = {**os.environ, "DATABASE_URL": data_dir.database_url(data, name)}
    subprocess.run(command, cwd=ROOT, env=environment, input=b"", stdout=subprocess.DEVNULL, check=True)


@contextmanager
def _worker(data: Path, name: str) -> Iterator[Callable[[], list[float]]]:
    """Carries out a round each time it is called; answers the milliseconds of each work."""
    environment = {**os.environ, "DATABASE_URL": data_dir.database_url(data, name)}
    command = [sys.executable, "-m", "benchmarks.growth", name]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    told, heard = process.stdin, process.stdout

    def carry_out() -> list[float]:
        told.write("go\n")
        told.flush()
        found: list[float] = json.loads(heard.readline())
        return found

    try:
        yield carry_out
    finally:
        told.close()
        process.wait()


def _work_table(rounds: list[tuple[list[float], list[float]]]) -> str:
    lines = [f"| work | 0 old step rows | {OLD_STEPS:,} | difference |", "|---|---|---|---|"]
    for position, words in enumerate(WORKS):
        before = median(empty[position] for empty, _ in rounds)
        after = median(full[position] for _, full in rounds)
        lines.append(f"| {words} | {before:.2f} ms | {after:.2f} ms | {(after / before - 1) * 100:+.1f} % |")
    lines.append("")
    lines.append(f"Medians of {ROUNDS} rounds in turns, by one process; promised are 10 % at most.")
    return "\n".join(lines)


# Pages


def _page_table() -> str:
    cookie, addresses = json.loads(_ask_for_addresses())
    lines = [f"| page, {OLD_STEPS:,} step rows, {REQUESTS} requests | p50 | p95 |", "|---|---|---|"]
    with web_server() as port:
        for words, address in addresses:
            _get(port, address, cookie)
            taken = [_get(port, address, cookie) for _ in range(REQUESTS)]
            lines.append(f"| {words} | {percentile(taken, 0.5):.0f} ms | {percentile(taken, 0.95):.0f} ms |")
    return "\n".join([*lines, "", f"Through the web server; promised are {BUDGET_MS} ms."])


def _ask_for_addresses() -> bytes:
    command = [sys.executable, "-m", "benchmarks.growth", "addresses"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


def _get(port: int, address: str, cookie: str) -> float:
    """Milliseconds until the whole page is there."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", address, headers={"Cookie": cookie, "Host": "localhost"})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (address, answer.status, body[:200])
    connection.close()
    return (time.perf_counter() - begun) * 1000


def _addresses() -> tuple[str, list[tuple[str, str]]]:
    """A session's cookie, and what it looks at."""
    from django.conf import settings
    from django.test import Client

    from benchmarks.installation import manager
    from crm.models import Member
    from workflows.models import Run

    client = Client()
    member = Member.objects.get(pk=manager().member_id)
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    oldest, newest = Run.objects.order_by("id").first(), Run.objects.order_by("-id").first()
    assert oldest is not None
    assert newest is not None
    return cookie, [
        ("run list", "/runs/"),
        ("run list of a workflow", "/runs/?workflow=old-1"),
        ("run list, failed", "/runs/?state=FAILED"),
        ("run list, waiting", "/runs/?state=WAITING"),
        ("run list by number", f"/runs/?number={newest.number}"),
        ("run list, half-way back", f"/runs/?cursor={_middle(oldest.pk, newest.pk)}"),
        ("run page, oldest", f"/runs/{oldest.pk}/"),
        ("run page, newest", f"/runs/{newest.pk}/"),
        ("API, run list", "/api/v1/runs"),
        ("API, run list of a workflow", "/api/v1/workflows/old-1/runs"),
        ("API, a run", f"/api/v1/runs/{newest.pk}"),
        ("home", "/"),
    ]


def _middle(oldest: UUID, newest: UUID) -> UUID:
    return UUID(int=(oldest.int + newest.int) // 2)


# In a process with a database of its own


def _set_up() -> None:
    import django

    django.setup()


def _fill(steps: int) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from agents.services.demo import create_first_agents
    from benchmarks import documents, history
    from benchmarks.installation import published
    from crm.actors import SYSTEM

    create_first_agents(actor=SYSTEM)
    old = [published({**documents.light_chain(10), "name": f"Old {number}"}) for number in range(5)]
    published(documents.light_chain())
    published(documents.fan_out())
    if steps:
        history.fill(steps, old)


def _rounds() -> None:
    from benchmarks.commits import work_off
    from benchmarks.rapport_runs import WAIT_SECONDS, start
    from benchmarks.work import ITEMS
    from workflows.models import Workflow

    chain, fan_out = (Workflow.objects.get(name=name) for name in ("Bench chain", "Bench fan-out"))
    items = {"items": list(range(ITEMS))}

    def of(act: Callable[[], Any]) -> float:
        taken = []
        for _ in range(RUNS_A_ROUND):
            begun = time.perf_counter()
            act()
            taken.append((time.perf_counter() - begun) * 1000)
        return min(taken)

    for _ in sys.stdin:
        found = [of(lambda: start(chain, wait=WAIT_SECONDS)), of(lambda: work_off(start(fan_out, items)))]
        print(json.dumps(found), flush=True)


def main() -> None:
    _set_up()
    match sys.argv[1:]:
        case ["addresses"]:
            print(json.dumps(_addresses()))
        case [_, steps]:
            _fill(int(steps))
        case _:
            _rounds()


if __name__ == "__main__":
    main()
