"""The workflows that are measured."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from benchmarks.work import STEPS

Document = dict[str, Any]
PLUS_ONE = {"values": {"value": {"$expr": "item + 1"}}}


def in_a_row(name: str, *steps: dict[str, Any]) -> Document:
    edges = [{"from": one["id"], "to": other["id"]} for one, other in pairwise(steps)]
    return {"name": name, "nodes": list(steps), "edges": edges}


def light_chain(steps: int = STEPS) -> Document:
    ids = [f"s{number}" for number in range(steps)]
    first: dict[str, Any] = {"values": {"value": 1}}
    values = [first, *({"values": {"value": {"$expr": f"steps.{one}.output.value + 1"}}} for one in ids)]
    nodes = [{"id": one, "type": "set_values", "config": config} for one, config in zip(ids, values, strict=False)]
    return in_a_row("Bench chain", *nodes)


def fan_out() -> Document:
    return {
        "name": "Bench fan-out",
        "nodes": [
            {"id": "each", "type": "map", "config": {"items": {"$expr": "input.items"}}},
            {"id": "light", "type": "set_values", "parent": "each", "config": PLUS_ONE},
            {
                "id": "total",
                "type": "aggregate",
                "config": {"values": {"$expr": "steps.each.output.results.map(r, r.value)"}},
            },
        ],
        "edges": [{"from": "each", "to": "total"}],
    }


def calls_in_a_row(address: str, steps: int) -> Document:
    call = {"method": "POST", "url": address, "body": {"n": 1}}
    return in_a_row("Bench calls", *({"id": f"s{n}", "type": "http_request", "config": call} for n in range(steps)))


def calls_for_each(address: str) -> Document:
    call = {"method": "POST", "url": address, "body": {"n": {"$expr": "item"}}}
    return {
        "name": "Bench calls for each",
        "nodes": [
            {"id": "each", "type": "map", "config": {"items": {"$expr": "input.items"}}},
            {"id": "call", "type": "http_request", "parent": "each", "config": call},
        ],
        "edges": [],
    }


def from_agent_to_agent(address: str, pairs: int) -> Document:
    """A light step, a call, a light step …: each edge leads to another agent."""
    call = {"method": "POST", "url": address, "body": {"n": 1}}
    steps = []
    for number in range(pairs):
        steps.append({"id": f"light{number}", "type": "set_values", "config": {"values": {"n": number}}})
        steps.append({"id": f"call{number}", "type": "http_request", "config": call})
    return in_a_row("Bench hops", *steps)


def webhook() -> Document:
    return in_a_row(
        "Bench webhook",
        {"id": "hook", "type": "trigger_webhook", "config": {"answers": True}},
        {"id": "decide", "type": "set_values", "config": {"values": {"large": {"$expr": "input.amount > 100"}}}},
    )
