"""The engine beside a Celery chain and chord and beside DBOS: the same work, one run, one machine. Prints ratios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.answering import answering_server
from benchmarks.installation import agents, installation, say
from benchmarks.machine import machine
from benchmarks.work import AT_ONCE, CALLING_AT_ONCE, CALLS, CALLS_FANNED_OUT, ITEMS, STEPS, Times
from config import data_dir

ROWS = (
    ("chain", True, f"{STEPS} light steps in a row, in the caller's process", STEPS, "steps"),
    ("chain", False, f"{STEPS} light steps in a row, through a worker", STEPS, "steps"),
    ("at_once", True, f"{AT_ONCE} such runs at once, in the caller's process", STEPS * AT_ONCE, "steps"),
    ("at_once", False, f"{AT_ONCE} such runs at once, through workers", STEPS * AT_ONCE, "steps"),
    ("fan_out", False, f"fan-out over {ITEMS:,} items", ITEMS, "items"),
    (
        "calls",
        False,
        f"{CALLING_AT_ONCE} runs at once of {CALLS} HTTP calls in a row",
        CALLING_AT_ONCE * CALLS,
        "calls",
    ),
    ("calls_out", False, f"fan-out over {CALLS_FANNED_OUT} HTTP calls", CALLS_FANNED_OUT, "calls"),
)
WORDS = """\
A ratio is how many times faster Rapport is. Celery's tasks always go to its worker (two processes), DBOS's steps run
in the process that starts the workflow, so each is the peer of both of our rows. In the caller's process means
`start_run(…, wait=…)`, as `?wait=` does for the API and for webhooks; through a worker means that the run is started
and an agent with two processes carries it out. HTTP calls are POST requests with an idempotency key, to one server
that answers at once and runs in a process of its own; DBOS makes them with `urllib.request`, Rapport with its HTTP
step, which checks where each address leads. A chain of ours commits once for all of its light steps and once for each
call, DBOS once for each step, Celery never.
"""


def main() -> None:
    with answering_server() as port, installation(port) as data:
        print(f"{machine()}\n\n{compare(data, port)}")


def compare(data: Path, port: int) -> str:
    """In Markdown."""
    from benchmarks.rapport_runs import measure_in_process, measure_with_agents

    say("Rapport")
    with agents("clerk"):  # as wherever Rapport runs; the caller carries its run by itself all the same
        here = measure_in_process()
    there = measure_with_agents(port)
    say("Celery")
    celery = _peer([sys.executable, "-m", "benchmarks.peers.celery_peer"], PEER_BROKER=data_dir.broker_url(data))
    say("DBOS")
    address = data_dir.database_url(data, "dbos").replace("postgresql://", "postgresql+psycopg://", 1)
    dbos = _peer(
        [os.environ["PEERS_PYTHON"], "benchmarks/peers/dbos_peer.py"],
        PEER_DATABASE=address,
        PEER_ADDRESS=f"http://127.0.0.1:{port}/",
    )
    return f"{table(here, there, celery, dbos)}\n\n{WORDS}"


def _peer(command: list[str], **environment: str) -> Times:
    answer = subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE)
    return Times(*json.loads(answer.stdout))


def table(here: Times, there: Times, celery: Times, dbos: Times) -> str:
    lines = ["| work | Rapport | Celery | DBOS | Rapport / Celery | Rapport / DBOS |", "|---|---|---|---|---|---|"]
    for name, in_process, words, units, unit in ROWS:
        mine = getattr(here if in_process else there, name)
        others = [getattr(celery, name), getattr(dbos, name)]
        shown = [_time(seconds, units, unit) for seconds in (mine, *others)]
        ratios = [_ratio(mine, seconds) for seconds in others]
        lines.append(f"| {' | '.join([words, *shown, *ratios])} |")
    return "\n".join(lines)


def _time(seconds: float, units: int, unit: str) -> str:
    return "" if seconds != seconds else f"{seconds * 1000:,.1f} ms ({units / seconds:,.0f} {unit}/s)"


def _ratio(mine: float, other: float) -> str:
    return "" if other != other else f"{other / mine:.1f} ×"


if __name__ == "__main__":
    main()
