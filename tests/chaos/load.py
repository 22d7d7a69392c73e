"""Workflows and runs to shake, and what the tables say of them afterwards."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.db import connection

from crm.actors import Actor, actor_of
from crm.models import Member
from crm.models.members import Role
from tests.workflows.engine.conftest import document_of
from workflows.models import Run, Workflow
from workflows.services.runs import start_run
from workflows.services.versions import publish
from workflows.services.workflows import import_document, save_draft


def sized(full: int, usual: int) -> int:
    """How often: CHAOS_SCALE=1 asks for the promise in full, 0.1 for a tenth of it."""
    scale = os.environ.get("CHAOS_SCALE")
    return usual if scale is None else max(1, round(full * float(scale)))


def manager() -> Actor:
    found = Member.objects.filter(username="meg").first()
    return actor_of(found or Member.objects.create_user("meg", "meg@example.com", "x", role=Role.MANAGER))


def published(nodes: dict[str, Any], *edges: str) -> Workflow:
    actor = manager()
    workflow = import_document(actor=actor, document=document_of(nodes, *edges))
    publish(actor=actor, workflow=workflow)
    workflow.refresh_from_db()
    return workflow


def publish_anew(workflow: Workflow, nodes: dict[str, Any], *edges: str) -> None:
    actor = manager()
    save_draft(
        actor=actor, workflow=workflow, base_revision=workflow.revision, document=document_of(nodes, *edges)
    )  # fmt: skip
    publish(actor=actor, workflow=workflow)
    workflow.refresh_from_db()


# Ten steps with a fork and a join; two reach outside, so that there are commits to kill between.
TEN_STEPS: dict[str, Any] = {
    "first": "chaos_count",
    "values": ("set_values", {"values": {"n": {"$expr": "run.number"}}}),
    "second": "chaos_count",
    "call": "chaos_call",
    "third": "chaos_count",
    "left": "chaos_count",
    "right": "chaos_count",
    "both": "chaos_count",
    "call_again": "chaos_call",
    "last": "chaos_count",
}
TEN_WAYS = (
    "first values", "values second", "second call", "call third", "third left", "third right", "left both",
    "right both", "both call_again", "call_again last",
)  # fmt: skip
TEN_EFFECTS, TEN_CALLS = 7, 2


def start_many(workflow: Workflow, number: int, *, threads: int = 4, given: Any = None) -> list[UUID]:
    actor = manager()

    def start(share: int) -> list[UUID]:
        try:
            return [start_run(actor=actor, workflow=workflow, input=given).pk for _ in range(share)]
        finally:
            connection.close()

    shares = [len(range(first, number, threads)) for first in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        return [run for started in pool.map(start, shares) for run in started]


def ask(statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def number(statement: str, values: Sequence[Any] = ()) -> int:
    return int(ask(statement, values)[0][0])


def unfinished() -> int:
    return Run.objects.filter(state="RUNNING").count()


def doubled_effects() -> int:
    return number(
        "SELECT count(*) FROM (SELECT FROM chaos_effect GROUP BY run_id, node, index HAVING count(*) > 1) AS twice"
    )


def effects() -> int:
    return number("SELECT count(*) FROM chaos_effect")


def calls() -> tuple[int, int]:
    """Those that came, and those with a key of their own."""
    return tuple(ask("SELECT count(*), count(DISTINCT key) FROM chaos_call")[0])


def percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
