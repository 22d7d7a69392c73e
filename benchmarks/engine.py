"""The engine beside a Celery chain and chord and beside DBOS: the same work, one run, one machine. Prints ratios."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks.work import AT_ONCE, ITEMS, STEPS, Times
from config import data_dir
from config.embedded import Postgres, Valkey

ROWS = (
    ("chain", f"{STEPS} light steps in a row", STEPS, "steps"),
    ("at_once", f"{AT_ONCE} such runs at once", STEPS * AT_ONCE, "steps"),
    ("fan_out", f"fan-out over {ITEMS:,} items", ITEMS, "items"),
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder:
        data = Path(folder)
        postgres, valkey = Postgres(data), Valkey(data)
        postgres.start()
        valkey.start()
        try:
            ours, celery, dbos = _measure(data, postgres)
        finally:
            valkey.stop()
            postgres.stop()
    print(table(ours, celery, dbos))


def _measure(data: Path, postgres: Postgres) -> tuple[Times, Times, Times]:
    for name in ("rapport", "dbos"):
        postgres.ensure_database(name)
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "RAPPORT_DATA_DIR": str(data),
        "DATABASE_URL": data_dir.database_url(data),
        "BROKER_URL": data_dir.broker_url(data),
        "LOG_LEVEL": "ERROR",
    }
    os.environ.update(environment)
    django.setup()
    call_command("migrate", verbosity=0)
    from benchmarks.rapport_runs import measure_rapport

    _say("Rapport")
    ours = measure_rapport(environment)
    _say("Celery")
    celery = _peer([sys.executable, "-m", "benchmarks.peers.celery_peer"], PEER_BROKER=data_dir.broker_url(data))
    _say("DBOS")
    address = data_dir.database_url(data, "dbos").replace("postgresql://", "postgresql+psycopg://", 1)
    dbos = _peer([os.environ["PEERS_PYTHON"], "benchmarks/peers/dbos_peer.py"], PEER_DATABASE=address)
    return ours, celery, dbos


def _say(name: str) -> None:
    print(f"measuring {name} …", file=sys.stderr, flush=True)


def _peer(command: list[str], **environment: str) -> Times:
    answer = subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE)
    return Times(*json.loads(answer.stdout))


def table(ours: Times, celery: Times, dbos: Times) -> str:
    """In Markdown; a ratio is how many times faster Rapport is."""
    lines = [
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "",
        "| work | Rapport | Celery | DBOS | Rapport / Celery | Rapport / DBOS |",
        "|---|---|---|---|---|---|",
    ]
    for name, words, units, unit in ROWS:
        mine, theirs, others = (getattr(times, name) for times in (ours, celery, dbos))
        shown = [f"{seconds * 1000:,.1f} ms ({units / seconds:,.0f} {unit}/s)" for seconds in (mine, theirs, others)]
        lines.append(f"| {words} | {' | '.join(shown)} | {theirs / mine:.1f} × | {others / mine:.1f} × |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
