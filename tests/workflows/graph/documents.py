"""Documents of any shape, for laws that must hold for all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from workflows.graph.document import Document, DocumentError, parse

# What Postgres keeps as JSON: no NUL, no half of a surrogate pair.
CHARACTERS = st.characters(codec="utf-8", exclude_characters="\x00")
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=30),
    st.sampled_from(
        ["yes", "no", "on", "null", "~", "1e5", "0x1F", "1_000", "2026-01-01", "12:30:45", ".5", "<<", "=", "a: b",
         "- a", "#", "line\nline", "line \n line\n", "\n", "a\r\nb", "\ttab", "{{ input.name }}", "!tag", "&a", "*a",
         "%x", "@", "`", "'", '"', "\ufeff", "\x85", "\u2028", "|", ">", "---", "...", "", " ", "a\n\n", "a\n---\nb"]
    ),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(min_value=-(10**30), max_value=10**30), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)
IDS = st.sampled_from(["a", "b", "on", "no", "null", "y", "n1", "true", "e5", "step_9"])
POLICIES: dict[str, st.SearchStrategy[Any]] = {
    "retry": st.fixed_dictionaries(
        {"max_attempts": st.integers(1, 20)}, optional={"on": st.lists(st.sampled_from(["timeout", "on"]), max_size=2)}
    ),
    "timeout_seconds": st.floats(0.5, 100),
    "on_failure": st.sampled_from(["fail", "ask"]),
    "priority": st.integers(-9, 9),
    "join": st.fixed_dictionaries({"mode": st.sampled_from(["all", "any", "first"])}),
    "limit": st.fixed_dictionaries({"at_once": st.integers(1, 9)}, optional={"key": st.just("{{ input.id }}")}),
}
NODES = st.fixed_dictionaries(
    {"id": IDS, "type": st.sampled_from(["set_values", "if", "map"])},
    optional={
        "label": TEXTS,
        "note": TEXTS,
        "config": st.dictionaries(TEXTS, VALUES, max_size=3),
        "inputs": st.lists(st.sampled_from(["a.output", "order", "no.output.x"]), max_size=2),
        "parent": IDS,
        **POLICIES,
    },
)
EDGES = st.fixed_dictionaries({"from": IDS, "to": IDS}, optional={"port": st.sampled_from(["yes", "no", "error", "1"])})
PLACES = st.fixed_dictionaries({"x": st.integers(-5000, 5000), "y": st.floats(-5000, 5000)})


@st.composite
def documents(draw: st.DrawFn) -> Document:
    nodes = draw(st.lists(NODES, max_size=6, unique_by=lambda node: str(node["id"])))
    raw: dict[str, Any] = {
        "name": draw(TEXTS),
        "nodes": nodes,
        "edges": draw(st.lists(EDGES, max_size=5)),
        "layout": draw(st.dictionaries(IDS, PLACES, max_size=4)),
    }
    raw |= draw(st.fixed_dictionaries({}, optional={"input_schema": VALUES, "sample_input": VALUES}))
    raw |= draw(st.fixed_dictionaries({}, optional={"settings": st.just({"deadline_seconds": 60, "priority": 3})}))
    try:
        return parse(raw)
    except DocumentError as error:
        raise AssertionError(error.problems) from error
