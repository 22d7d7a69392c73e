"""How far the steps inside a For each have come, counted in items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from workflows.engine import values
from workflows.graph.compile import TOP, CompiledGraph
from workflows.models import Step, StepResult
from workflows.states import ENDED, StepState

ITEM_PORT = "item"  # a map keeps the items of each chunk under it
# Of a chunk's outcomes: how many items failed, and how many never came here.
_COUNT = """
    SELECT node, item,
           count(*) FILTER (WHERE jsonb_typeof(outcome) = 'array' AND outcome ->> 0 = '!'),
           count(*) FILTER (WHERE jsonb_typeof(outcome) = 'null')
    FROM workflows_stepresult, jsonb_array_elements(output) AS outcome
    WHERE run_id = %s AND port = '*' AND blob_id IS NULL AND jsonb_typeof(output) = 'array'
    GROUP BY node, item
"""


@dataclass(frozen=True)
class ItemCount:
    items: int
    done: int
    failed: int

    def as_json(self) -> dict[str, int]:
        return {"items": self.items, "done": self.done, "failed": self.failed}


def count_items(run_id: UUID, graph: CompiledGraph, rows: Mapping[str, list[Step]]) -> dict[str, ItemCount]:
    """For each For each and each step inside one; empty before the items are known."""
    maps = [scope for scope in graph.entries if scope != TOP and scope in rows]
    sizes = _chunk_sizes(run_id) if maps else {}
    outcomes = _outcomes(run_id) if maps else {}
    counts: dict[str, ItemCount] = {}
    for scope in maps:
        inside = [node.id for node in graph.nodes.values() if node.scope == scope]
        of_scope = sizes.get(scope, {})
        for node in inside:
            counts[node] = _count_node(rows.get(node, []), of_scope, outcomes)
        counts[scope] = _count_map(rows, graph.sinks[scope], of_scope, [counts[node] for node in inside])
    return counts


def _count_node(
    rows: list[Step], sizes: Mapping[int, int], outcomes: Mapping[tuple[str, int], tuple[int, int]]
) -> ItemCount:
    done = failed = 0
    for row in rows:
        wrong, absent = outcomes.get((row.node, row.item), (0, 0))
        size = sizes.get(row.item, 0)
        if row.state == StepState.SUCCEEDED:
            done += size - absent - wrong
            failed += wrong
        elif row.state in (StepState.FAILED, StepState.DEAD):
            failed += size
    return ItemCount(sum(sizes.values()), done, failed)


def _count_map(
    rows: Mapping[str, list[Step]], sinks: tuple[str, ...], sizes: Mapping[int, int], inside: list[ItemCount]
) -> ItemCount:
    """An item is done when its chunk has left every last step of the body."""
    ended = [{row.item for row in rows.get(node, []) if row.state in ENDED} for node in sinks]
    over = set.intersection(*ended) if ended else set()
    return ItemCount(
        sum(sizes.values()), sum(sizes.get(item, 0) for item in over), sum(count.failed for count in inside)
    )


def _chunk_sizes(run_id: UUID) -> dict[str, dict[int, int]]:
    """{map: {chunk: items}}; where a chunk begins tells the size of the one before."""
    starts: dict[str, list[tuple[int, int]]] = {}
    kept = StepResult.objects.filter(run_id=run_id, port=ITEM_PORT).order_by("node", "item")
    for node, item, start in kept.values_list("node", "item", "output__start"):
        starts.setdefault(node, []).append((item, int(start)))
    sizes: dict[str, dict[int, int]] = {}
    for node, chunks in starts.items():
        last = chunks[-1][0]
        items: list[Any] = values.load(run_id, [(node, last)])[node, last][1]["items"]
        ends = [*(start for _, start in chunks[1:]), chunks[-1][1] + len(items)]
        sizes[node] = {item: end - start for (item, start), end in zip(chunks, ends, strict=True)}
    return sizes


def _outcomes(run_id: UUID) -> dict[tuple[str, int], tuple[int, int]]:
    """{(node, chunk): (failed, absent)}."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [run_id])
        found = {(node, item): (failed, absent) for node, item, failed, absent in cursor.fetchall()}
    large = StepResult.objects.filter(run_id=run_id, port="*", blob_id__isnull=False).values_list("node", "item")
    for key, (_, outcomes) in values.load(run_id, large).items():
        failed = sum(1 for outcome in outcomes if outcome is not None and outcome[0] == "!")
        found[key] = failed, sum(1 for outcome in outcomes if outcome is None)
    return found
