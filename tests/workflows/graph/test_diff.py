"""The difference of two documents."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings

from tests.workflows.graph.documents import documents
from workflows.graph.diff import Diff, compare
from workflows.graph.document import Document, parse

BEFORE: dict[str, Any] = {
    "name": "Rescue",
    "nodes": [
        {"id": "score", "type": "score_churn", "label": "Score", "config": {"list": [1, 2], "deep": {"x": 1}}},
        {"id": "ask", "type": "approval", "config": {"title": "Go on?"}},
        {"id": "note", "type": "add_note"},
    ],
    "edges": [{"from": "score", "to": "ask"}, {"from": "ask", "to": "note", "port": "approved"}],
    "layout": {"score": {"x": 0, "y": 0}},
}


def differs(change: Any) -> Diff:
    after = copy.deepcopy(BEFORE)
    change(after)
    return compare(parse(BEFORE), parse(after))


@settings(max_examples=50, deadline=None)
@given(documents())
def test_a_document_does_not_differ_from_itself(document: Document) -> None:
    diff = compare(document, document)
    assert diff.is_empty
    assert diff.as_json()["sentences"] == []


@settings(max_examples=100, deadline=None)
@given(documents(), documents())
def test_a_difference_is_told_exactly_where_there_is_one(one: Document, other: Document) -> None:
    diff = compare(one, other)
    assert diff.is_empty == ({**vars(one), "layout": {}, "edges": set(one.edges)}
                             == {**vars(other), "layout": {}, "edges": set(other.edges)})  # fmt: skip
    assert bool(diff.as_json()["sentences"]) == (not diff.is_empty or bool(diff.moved))


def test_a_step_that_was_added_is_told_with_its_way() -> None:
    def add(raw: dict[str, Any]) -> None:
        raw["nodes"].append({"id": "tag", "type": "tag_customer", "label": "Tag"})
        raw["edges"].append({"from": "ask", "to": "tag", "port": "rejected"})

    diff = differs(add)
    assert [node.id for node in diff.nodes_added] == ["tag"]
    assert diff.as_json()["edges_added"] == [{"from": "ask", "to": "tag", "port": "rejected"}]
    assert diff.as_json()["sentences"] == [
        "Step “Tag” (tag_customer) was added.",
        "The way from “ask” by rejected to “Tag” was added.",
    ]


def test_a_step_that_was_removed_is_told_with_its_way() -> None:
    def remove(raw: dict[str, Any]) -> None:
        del raw["nodes"][2], raw["edges"][1]

    assert differs(remove).as_json()["sentences"] == [
        "Step “note” (add_note) was removed.",
        "The way from “ask” by approved to “note” was removed.",
    ]


def test_a_config_is_compared_value_by_value() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["nodes"][0]["config"] = {"list": [1, 3], "deep": {"y": {"$expr": "input.y"}}}

    found = differs(change).as_json()["nodes_changed"]
    assert found == [
        {
            "node": "score",
            "label": "Score",
            "renamed": None,
            "changes": [
                {"path": "config.deep.x", "kind": "removed", "before": 1, "after": None},
                {"path": "config.deep.y", "kind": "added", "before": None, "after": {"$expr": "input.y"}},
                {"path": "config.list[1]", "kind": "changed", "before": 2, "after": 3},
            ],
        }
    ]


def test_another_label_is_told_apart_from_a_change() -> None:
    def rename(raw: dict[str, Any]) -> None:
        raw["nodes"][0]["label"] = "Score all"

    diff = differs(rename)
    assert diff.nodes_changed[0].renamed == ("Score", "Score all")
    assert diff.nodes_changed[0].changes == ()
    assert diff.as_json()["sentences"] == ["Step “Score” is called “Score all” now."]


def test_a_step_that_stands_elsewhere_is_no_difference() -> None:
    def move(raw: dict[str, Any]) -> None:
        raw["layout"]["score"]["x"] = 40

    diff = differs(move)
    assert diff.is_empty
    assert diff.moved == ("score",)
    assert diff.as_json()["sentences"] == ["One step was moved on the canvas."]


def test_settings_name_and_policies_are_compared() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw |= {"name": "Rescue all", "settings": {"priority": 2}, "input_schema": {"type": "object"}}
        raw["nodes"][2]["retry"] = {"max_attempts": 4}

    assert differs(change).as_json()["sentences"] == [
        "The workflow “Rescue” is called “Rescue all” now.",
        'The workflow’s settings is {"priority": 2}, was not set.',
        'The workflow’s input_schema is {"type": "object"}, was not set.',
        "Step “note”: retry.max_attempts is 4, was not set.",
    ]


def test_an_expression_is_told_as_it_is_written() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["nodes"][1]["config"]["title"] = {"$expr": "input.title"}

    assert differs(change).as_json()["sentences"] == ['Step “ask”: title is input.title, was "Go on?".']


def test_true_is_not_one() -> None:
    def change(raw: dict[str, Any]) -> None:
        raw["nodes"][0]["config"]["deep"]["x"] = True

    assert differs(change).as_json()["sentences"] == ["Step “Score”: deep.x is true, was 1."]
