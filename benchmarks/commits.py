"""What PostgreSQL itself counts: commits for each step, and transactions while nothing is to be done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import psutil
from django.db import connection

from benchmarks import documents
from benchmarks.installation import AGENTS, agents, processes, published, say, web_server
from benchmarks.rapport_runs import WAIT_SECONDS, finish, start
from benchmarks.work import STEPS

ITEMS = 10_000
CALLS = STEPS
IDLE_SECONDS = 30


def commits_table(port: int) -> str:
    """One worker alone, in this process, so that nobody's care of the whole is counted."""
    address = f"http://127.0.0.1:{port}/"
    light, each = published(documents.light_chain()), published(documents.fan_out())
    calls = published(documents.calls_in_a_row(address, CALLS))
    items = {"items": list(range(ITEMS))}
    rows: Sequence[tuple[str, float, int, Callable[[], Any], Callable[[Any], object]]] = (
        (
            "light step, run carried on by its caller, its start included",
            0.1, STEPS, lambda: light, lambda it: start(it, wait=WAIT_SECONDS),
        ),
        ("light step, run carried out by an agent", 0.1, STEPS, lambda: start(light), _carry_out),
        ("item of a For each", 0.02, ITEMS, lambda: start(each, items), work_off),
        ("outside step in a chain, the claim of the first included", 1.05, CALLS, lambda: start(calls), _carry_out),
    )  # fmt: skip
    lines = ["| commits for each | measured | promised at most |", "|---|---|---|"]
    for words, promised, units, prepare, act in rows:
        act(prepare())
        lines.append(f"| {words} | {_commits_of(prepare, act) / units:.3f} | {promised} |")
    return "\n".join(lines)


def _carry_out(run: Any) -> None:
    """By the message of its first step; the rest follows in the same hands."""
    from agents import executor
    from agents.worker import STRANGER
    from workflows.engine.refs import StepRef

    executor.work(StepRef(run.pk, "s0", 0), STRANGER)


def work_off(run: Any) -> None:
    """Carries out what is ready until nothing is."""
    from agents import executor
    from agents.worker import STRANGER
    from workflows.engine.refs import StepRef
    from workflows.models import Step
    from workflows.states import StepState

    ready = Step.objects.filter(run_id=run.pk, wake_at__isnull=False, state=StepState.READY)
    while refs := list(ready.values_list("run_id", "node", "item")):
        for ref in refs:
            executor.work(StepRef(*ref), STRANGER)
    finish(run)


def _commits_of(prepare: Callable[[], Any], act: Callable[[Any], object], times: int = 5) -> float:
    looking = -_transactions() + _transactions()
    prepared = [prepare() for _ in range(times)]
    before = _transactions()
    for one in prepared:
        act(one)
    return (_transactions() - before - looking) / times


def _transactions() -> int:
    """A session tells its figures when it ends, at the latest."""
    connection.close()
    time.sleep(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")
        found = int(cursor.fetchone()[0])
    connection.close()
    return found


def idle_table() -> str:
    """All processes of an installation, and nothing to do."""
    beat = ["-m", "celery", "--app", "config", "beat", "--pidfile=", "--schedule=/dev/null", "--loglevel", "ERROR"]
    say(f"idle for {IDLE_SECONDS} s")
    with web_server(), agents(*AGENTS), processes([*beat, "--scheduler", "celery.beat:Scheduler"]):
        time.sleep(10)
        ours = psutil.Process().children(recursive=True)
        servers = [one for one in psutil.process_iter(["name"]) if _serves_us(one)]
        before, ours_before, servers_before = _transactions(), _seconds(ours), _seconds(servers)
        begun = time.monotonic()
        time.sleep(IDLE_SECONDS)
        took = time.monotonic() - begun
        cpu, servers_cpu = _seconds(ours) - ours_before, _seconds(servers) - servers_before
        transactions = _transactions() - before
    rows = (
        ("processor, all of Rapport's processes", f"{cpu / took * 100:.1f} % of one core"),
        ("processor, PostgreSQL and Valkey", f"{servers_cpu / took * 100:.1f} % of one core"),
        ("queries to PostgreSQL", f"{transactions / took:.1f} a second"),
    )
    return "\n".join(["| with nothing to do | |", "|---|---|", *(f"| {words} | {value} |" for words, value in rows)])


def _serves_us(process: psutil.Process) -> bool:
    """The servers that this benchmark started, by their folder."""
    import os

    folder = os.environ["RAPPORT_DATA_DIR"]
    try:
        named = process.info["name"] in ("postgres", "valkey-server")
        return named and any(folder in str(part) for part in (*process.cmdline(), *_family_words(process)))
    except psutil.Error:
        return False


def _family_words(process: psutil.Process) -> Sequence[str]:
    parent = process.parent()
    return parent.cmdline() if parent else ()


def _seconds(watched: Sequence[psutil.Process]) -> float:
    total = 0.0
    for process in watched:
        try:
            times = process.cpu_times()
            total += times.user + times.system
        except psutil.Error:
            continue
    return total
