"""A workflow as text: what is written is read back as it was, and faults name their place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from tests.workflows.graph.documents import TEXTS, VALUES, documents
from workflows.graph import notation
from workflows.graph.document import Document, parse, to_json
from workflows.graph.notation import TextError
from workflows.graph.text import fingerprint, read_workflow, write_layout, write_workflow

DRAWN: dict[str, Any] = {
    "name": "Greet",
    "nodes": [
        {"id": "start", "type": "trigger_person"},
        {"id": "ask", "type": "if", "config": {"b": 1, "a": {"$expr": "input.ok"}}, "retry": {"on": ["timeout"]}},
    ],
    "edges": [{"from": "start", "to": "ask"}, {"from": "ask", "to": "start", "port": "yes"}],
    "layout": {"start": {"x": 1, "y": 2}},
    "settings": {"priority": 3},
}
WRITTEN = """\
name: Greet
base: 0123456789abcdef
settings:
  priority: 3
nodes:
  start:
    type: trigger_person
  ask:
    type: if
    config:
      a:
        $expr: input.ok
      b: 1
    retry:
      'on':
        - timeout
edges:
  - {from: start, to: ask}
  - {from: ask, to: start, port: 'yes'}
"""


@settings(max_examples=200, deadline=None)
@given(documents())
def test_a_document_is_read_back_as_it_was(document: Document) -> None:
    read = read_workflow(write_workflow(document), write_layout(document))
    assert read.document == document
    assert json.dumps(to_json(read.document), sort_keys=True) == json.dumps(to_json(document), sort_keys=True)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_any_value_is_read_back_as_it_was(value: Any) -> None:
    read = notation.read(notation.write({"value": value})).value
    assert json.dumps(read) == json.dumps({"value": value})


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_text_is_a_value_or_a_fault_that_is_told(text: str) -> None:
    try:
        notation.read(text)
    except TextError as error:
        assert error.message.endswith((".", "\\x07."))


def test_keys_have_one_order_and_the_layout_stands_apart() -> None:
    document = parse(DRAWN)
    assert write_workflow(document, "0123456789abcdef") == WRITTEN
    assert write_layout(document) == "start: {x: 1, y: 2}\n"


def test_the_base_is_read_back() -> None:
    assert read_workflow(WRITTEN).base == "0123456789abcdef"


def test_words_that_other_readers_take_for_truth_values_are_texts_here() -> None:
    read = read_workflow("name: yes\nnodes:\n  a:\n    type: x\n    retry:\n      on: [no]\n")
    assert read.document.name == "yes"
    assert read.document.nodes["a"].policies.retry is not None
    assert read.document.nodes["a"].policies.retry.on == ("no",)


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("name: a\n\tb: 1", 2, 1, "Indent with spaces"),
        ("name: a: b", 1, 8, "quotes around a text that holds a colon"),
        ("name: [1,", 2, 1, "Compare the indentation"),
        ("name: \x07", 1, 7, "inside double quotes"),
        ("name: a\nname: b", 2, 1, "Keep one of them"),
        ("name: a\n--- b", 2, 1, "Write one to a file"),
        ("name: &x a", 1, 7, "Write the value out"),
        ("name: *x", 1, 7, "Write the value out"),
        ("name: !!python/name:os.system ''", 1, 7, "Tags (!) are not allowed"),
        ("name: 1e999", 1, 7, "Put it in quotes"),
        (f"name: {'9' * 5_000}", 1, 7, "Put it in quotes"),
        (f"name: {'[' * 10_000}", 1, 67, "levels deep"),
        ("? [a]\n: b", 1, 3, "A key is a plain text"),
        ("[]", 1, 1, "A workflow is a mapping"),
        ("name: a\nnodes: []", 2, 1, "nodes is a mapping"),
        ("nodes:\n  a: 1", 2, 3, "is a mapping with a type"),
        ("nodes:\n  a: {}", 2, 3, "has no type"),
        ("nodes:\n  a: {type: x, lable: y}", 2, 16, "no key 'lable' here. Use one of"),
        ("names: a", 1, 1, "no key 'names' here"),
        ("nodes:\n  a:\n    type: x\n    retry: {max_attempts: 99}", 4, 13, "retry.max_attempts: "),
        ("nodes: {}\nedges:\n  - {from: a}", 2, 1, "needs a from and a to"),
        ("base: latest\nnodes: {}", 1, 1, "Take it from an export"),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_to_do(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(TextError) as caught:
        read_workflow(text)
    assert caught.value.place == notation.Place(line, column)
    assert says in caught.value.message


def test_a_text_of_more_than_its_bound_is_refused_before_it_is_read() -> None:
    with pytest.raises(TextError, match="are allowed"):
        notation.read("a" * (notation.MAX_CHARACTERS + 1))


def test_where_steps_stand_and_in_which_order_they_were_drawn_is_no_difference() -> None:
    turned = {**DRAWN, "nodes": DRAWN["nodes"][::-1], "edges": DRAWN["edges"][::-1], "layout": {}}
    assert fingerprint(parse(turned)) == fingerprint(parse(DRAWN))


def test_another_label_is_a_difference() -> None:
    changed = {**DRAWN, "nodes": [{**DRAWN["nodes"][0], "label": "Start"}, DRAWN["nodes"][1]]}
    assert fingerprint(parse(changed)) != fingerprint(parse(DRAWN))
