"""Rapport itself: real agents, real Postgres with fsync on, real Valkey."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import pairwise
from typing import Any

from benchmarks.work import AT_ONCE, ITEMS, STEPS, Times, measure

POLL_SECONDS = 0.002


def chain_document() -> dict[str, Any]:
    ids = [f"s{number}" for number in range(STEPS)]
    first: dict[str, Any] = {"values": {"value": 1}}
    values = [first, *({"values": {"value": {"$expr": f"steps.{one}.output.value + 1"}}} for one in ids)]
    return {
        "name": "Bench chain",
        "nodes": [
            {"id": one, "type": "set_values", "config": config} for one, config in zip(ids, values, strict=False)
        ],
        "edges": [{"from": one, "to": other} for one, other in pairwise(ids)],
    }


def fan_out_document() -> dict[str, Any]:
    plus_one = {"values": {"value": {"$expr": "item + 1"}}}
    return {
        "name": "Bench fan-out",
        "nodes": [
            {"id": "each", "type": "map", "config": {"items": {"$expr": "input.items"}}},
            {"id": "light", "type": "set_values", "parent": "each", "config": plus_one},
            {
                "id": "total",
                "type": "aggregate",
                "config": {"values": {"$expr": "steps.each.output.results.map(r, r.value)"}},
            },
        ],
        "edges": [{"from": "each", "to": "total"}],
    }


def measure_rapport(environment: dict[str, str]) -> Times:
    """In the caller's process; Django is set up there."""
    from agents.services.demo import load_demo_agents
    from crm.actors import SYSTEM, actor_of
    from crm.models import Member, Role
    from workflows.models import Run, Workflow
    from workflows.services.runs import start_run
    from workflows.services.versions import publish
    from workflows.services.workflows import import_document
    from workflows.states import RunState

    load_demo_agents(actor=SYSTEM)
    actor = actor_of(Member.objects.create_user("bench", role=Role.MANAGER))

    def published(document: dict[str, Any]) -> Workflow:
        workflow = import_document(actor=actor, document=document)
        publish(actor=actor, workflow=workflow)
        workflow.refresh_from_db()
        return workflow

    def finish(*runs: Run) -> None:
        open_ids = {run.pk for run in runs}
        while open_ids:
            ended = Run.objects.filter(pk__in=open_ids).exclude(state=RunState.RUNNING).values_list("pk", "state")
            for run_id, state in ended:
                assert state == RunState.SUCCEEDED, state
                open_ids.discard(run_id)
            if open_ids:
                time.sleep(POLL_SECONDS)

    chain, fan_out = published(chain_document()), published(fan_out_document())
    items = {"items": list(range(ITEMS))}
    agent = subprocess.Popen([sys.executable, "manage.py", "run_agent", "clerk"], env={**os.environ, **environment})
    try:
        return measure(
            lambda: finish(start_run(actor=actor, workflow=chain)),
            lambda: finish(*[start_run(actor=actor, workflow=chain) for _ in range(AT_ONCE)]),
            lambda: finish(start_run(actor=actor, workflow=fan_out, input=items)),
        )
    finally:
        agent.terminate()
        agent.wait()
