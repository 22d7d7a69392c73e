"""Forms that people fill in."""

from __future__ import annotations

from typing import Any

import pytest

from workflows.forms import check_answers, fields_of, read_answers

CALL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "outcome": {"type": "string", "title": "Outcome", "enum": ["stays", "leaves"]},
        "said": {"type": "string", "x-widget": "textarea", "maxLength": 20},
        "minutes": {"type": "integer", "minimum": 0, "maximum": 600},
        "again": {"type": "boolean"},
        "on": {"type": "string", "format": "date"},
        "to": {"type": "string", "format": "email"},
        "share": {"type": "number"},
    },
    "required": ["outcome"],
}


def faults(answers: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem["field"], problem["code"]) for problem in check_answers(CALL, answers)]


def test_each_type_has_its_widget() -> None:
    widgets = [field.widget for field in fields_of(CALL)]
    assert widgets == ["select", "textarea", "number", "checkbox", "date", "email", "number"]


def test_a_field_without_a_title_is_named_by_its_key() -> None:
    assert fields_of(CALL)[2].label == "Minutes"


def test_an_empty_form_takes_no_answers() -> None:
    assert fields_of({}) == []
    assert check_answers({}, {"x": 1})[0]["code"] == "unknown"


def test_good_answers_are_taken() -> None:
    good = {"outcome": "stays", "minutes": 6, "again": True, "on": "2026-02-28", "to": "a@b.example", "share": 0.5}
    assert faults(good) == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("outcome", "maybe", "not_a_choice"),
        ("outcome", None, "missing"),
        ("outcome", "", "missing"),
        ("said", "x" * 21, "bad_value"),
        ("said", "a\x00b", "bad_value"),
        ("said", 3, "bad_value"),
        ("minutes", 601, "bad_value"),
        ("minutes", 1.5, "bad_value"),
        ("minutes", True, "bad_value"),
        ("minutes", "6", "bad_value"),
        ("minutes", float("inf"), "bad_value"),
        ("minutes", float("nan"), "bad_value"),
        ("again", "yes", "bad_value"),
        ("on", "2026-02-30", "bad_value"),
        ("to", "nobody", "bad_value"),
        ("share", float("nan"), "bad_value"),
        ("other", 1, "unknown"),
    ],
)
def test_a_bad_answer_points_at_its_field(name: str, value: Any, code: str) -> None:
    assert faults({"outcome": "stays", name: value}) == [(name, code)]


def test_posted_text_gets_the_type_of_its_field() -> None:
    posted = {"outcome": "stays", "minutes": "6", "again": "on", "share": "0.5", "said": " "}
    assert read_answers(CALL, posted) == {"outcome": "stays", "minutes": 6, "again": True, "share": 0.5}


def test_text_that_is_no_number_stays_text_and_is_refused() -> None:
    answers = read_answers(CALL, {"outcome": "stays", "minutes": "six"})
    assert faults(answers) == [("minutes", "bad_value")]


def test_a_form_that_lost_its_order_in_the_database_still_has_it() -> None:
    shuffled = {"b": {"type": "string", "x-order": 1}, "a": {"type": "string", "x-order": 0}}
    assert [field.name for field in fields_of({"properties": shuffled})] == ["a", "b"]


@pytest.mark.parametrize("answer", [{"said": "\ud800"}, {"said": "\x00"}, {"share": 10**400}, {"share": 1e999}])
def test_what_the_database_cannot_keep_is_no_answer(answer: dict[str, Any]) -> None:
    assert faults({"outcome": "stays", **answer}) == [(next(iter(answer)), "bad_value")]
