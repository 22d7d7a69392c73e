"""From the end of a step to the beginning of the next, while many runs are under way."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from uuid import UUID

from benchmarks import documents
from benchmarks.installation import agents, percentile, published
from benchmarks.rapport_runs import finish, start

RUNS, CALLS, PAIRS = 20, 10, 5


def latency_table(port: int) -> str:
    address = f"http://127.0.0.1:{port}/"
    within, between = (
        published(documents.calls_in_a_row(address, CALLS)),
        published(documents.from_agent_to_agent(address, PAIRS)),
    )
    lines = [f"| from step to step, {RUNS} runs at once | p50 | p99 |", "|---|---|---|"]
    with agents("clerk", "messenger"):
        finish(start(within), start(between))
        for words, workflow in (("within an agent", within), ("from one agent to another", between)):
            runs = [start(workflow) for _ in range(RUNS)]
            finish(*runs)
            gaps = _gaps([run.pk for run in runs])
            lines.append(f"| {words} | {percentile(gaps, 0.5):.1f} ms | {percentile(gaps, 0.99):.1f} ms |")
    return "\n".join(lines)


def _gaps(runs: list[UUID]) -> list[float]:
    """Milliseconds between each step's end and the next one's beginning."""
    from workflows.models import StepAttempt

    times = defaultdict(list)
    attempts = StepAttempt.objects.filter(run_id__in=runs, outcome="SUCCEEDED").order_by("started_at")
    for run, started, ended in attempts.values_list("run_id", "started_at", "ended_at"):
        times[run].append((started, ended))
    return [
        max(0.0, (after[0] - before[1]).total_seconds() * 1000)
        for steps in times.values()
        for before, after in pairwise(steps)
    ]
