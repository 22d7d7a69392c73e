"""Reading and writing workflow documents."""

from __future__ import annotations

from typing import Any

import pytest

from workflows.graph.document import MAX_NODES, DocumentError, Edge, parse, to_json

ORDER_PROCESSING: dict[str, Any] = {
    "name": "order_processing",
    "nodes": [
        {"id": "n1", "type": "data_validation", "inputs": ["order_data"]},
        {"id": "n2", "type": "risk_assessment", "inputs": ["n1.output"]},
        {"id": "n3", "type": "payment_processing", "inputs": ["n2.output"]},
    ],
    "edges": [{"from": "n1", "to": "n2"}, {"from": "n2", "to": "n3"}],
}


def codes(raw: Any) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        parse(raw)
    return [problem["code"] for problem in caught.value.problems]


def test_types_get_their_own_names() -> None:
    document = parse(ORDER_PROCESSING, {"data_validation": "validate_data"})
    assert [node.type for node in document.nodes.values()] == [
        "validate_data", "risk_assessment", "payment_processing",
    ]  # fmt: skip


def test_inputs_add_the_edges_that_were_not_drawn() -> None:
    document = parse({**ORDER_PROCESSING, "edges": []})
    assert document.edges == (Edge("n1", "n2"), Edge("n2", "n3"))


def test_an_edge_that_was_drawn_is_not_added_again() -> None:
    assert len(parse(ORDER_PROCESSING).edges) == 2


def test_a_body_that_reads_from_outside_its_map_gets_no_edge() -> None:
    raw = {
        "nodes": [
            {"id": "find", "type": "x"},
            {"id": "each", "type": "map"},
            {"id": "tag", "type": "x", "parent": "each", "inputs": ["find.output"]},
        ],
        "edges": [{"from": "find", "to": "each"}],
    }
    assert parse(raw).edges == (Edge("find", "each"),)


def test_an_edge_drawn_twice_is_one_edge() -> None:
    raw = {"nodes": [{"id": "a", "type": "x"}, {"id": "b", "type": "x"}], "edges": [{"from": "a", "to": "b"}] * 2}
    assert parse(raw).edges == (Edge("a", "b"),)


def test_what_is_written_reads_the_same() -> None:
    document = parse(
        {
            "name": "A",
            "nodes": [
                {"id": "a", "type": "x", "label": "First", "config": {"n": 1}, "retry": {"max_attempts": 3}},
                {"id": "b", "type": "x", "note": "why"},
            ],
            "edges": [{"from": "a", "to": "b", "port": "yes"}],
            "layout": {"a": {"x": 1, "y": 2}, "gone": {"x": 1, "y": 1}},
            "sample_input": {"k": 1},
        }
    )
    assert parse(to_json(document)) == document
    assert "gone" not in document.layout


def test_equal_documents_are_written_alike() -> None:
    assert to_json(parse(ORDER_PROCESSING)) == to_json(parse(to_json(parse(ORDER_PROCESSING))))


@pytest.mark.parametrize(
    "raw",
    [None, [], "x", 1, {}, {"nodes": {}}, {"nodes": [], "edges": {"a": 1}}, {"nodes": [], "layout": [1]}],
)
def test_what_is_no_document_is_refused(raw: Any) -> None:
    assert codes(raw) == ["not_a_document"]


@pytest.mark.parametrize("bad", ["", "A", "1a", "a-b", "a b", "a" * 41, "$end", "ä"])
def test_an_id_that_expressions_could_not_name_is_refused(bad: str) -> None:
    assert codes({"nodes": [{"id": bad, "type": "x"}]}) == ["bad_id"]


def test_two_steps_with_one_id_are_refused() -> None:
    assert codes({"nodes": [{"id": "a", "type": "x"}, {"id": "a", "type": "x"}]}) == ["duplicate_id"]


@pytest.mark.parametrize(
    "extra",
    [{"label": 1}, {"config": []}, {"inputs": "a.output"}, {"inputs": [1]}, {"parent": 3}],
)
def test_a_step_of_the_wrong_shape_is_refused(extra: dict[str, Any]) -> None:
    assert codes({"nodes": [{"id": "a", "type": "x", **extra}]}) == ["bad_node"]


@pytest.mark.parametrize("retry", [{"max_attempts": 10_000}, {"backoff_seconds": -1}, {"max_attempts": True}])
def test_a_retry_out_of_bounds_is_refused(retry: dict[str, Any]) -> None:
    assert codes({"nodes": [{"id": "a", "type": "x", "retry": retry}]}) == ["bad_retry"]


def test_more_steps_than_allowed_are_refused() -> None:
    nodes = [{"id": f"n{number}", "type": "x"} for number in range(MAX_NODES + 1)]
    assert codes({"nodes": nodes}) == ["too_many_nodes"]


def test_a_document_that_is_too_large_is_refused() -> None:
    assert codes({"nodes": [], "sample_input": "x" * 1_000_001}) == ["too_large"]


def test_a_document_that_is_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    assert codes({"nodes": [], "sample_input": deep}) == ["too_deep"]


@pytest.mark.parametrize("value", ["\x00", "\ud800", float("nan"), float("inf")])
def test_what_postgres_can_not_keep_is_refused(value: Any) -> None:
    assert codes({"nodes": [], "sample_input": value}) == ["not_a_document"]
