"""Text with expressions in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workflows.expressions import ExpressionError, Schema, compile_template, is_template

SCOPE: dict[str, Any] = {
    "item": {"name": "Ann", "probability": 0.1 + 0.2, "price": 12.50, "phone": None, "tags": ["new", "vip"]},
    "now": datetime(2026, 5, 4, 10, 30, tzinfo=UTC),
    "wait": timedelta(hours=1.5),
}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Hi {{ item.name }}!", "Hi Ann!"),
        ("{{item.name}}{{item.name}}", "AnnAnn"),
        ("{{ item.phone }}", ""),
        ("{{ item.probability }}", "0.3"),
        ("{{ item.price }}", "12.5"),
        ("{{ 3.0 }} {{ 1e-7 }} {{ 1e21 }} {{ -0.0 }}", "3 0.0000001 1000000000000000000000 0"),
        ("{{ 1 < 2 }}", "true"),
        ("{{ item.tags }}", "new, vip"),
        ("{{ {'a': ['李', 1.5]} }}", '{"a": ["李", 1.5]}'),
        ("{{ [[now]] }}", '[["2026-05-04T10:30:00Z"]]'),
        ("{{ now }}", "2026-05-04T10:30:00Z"),
        ("{{ wait }}", "5400s"),
        ("{{ {'a': {'b': 1}}.a.b }}", "1"),
        ("{{ '}}' + '{{' }}", "}}{{"),
        ("a }} b", "a }} b"),
        ("{ {{ 1 }} }", "{ 1 }"),
        ("{{ 1 }} it's \"fine", "1 it's \"fine"),
        ("{{\n  item.name // who\n}}", "Ann"),
        ("", ""),
    ],
)
def test_a_template_becomes_a_text(source: str, text: str) -> None:
    assert compile_template(source).render(SCOPE) == text


def test_only_double_braces_make_a_template() -> None:
    assert is_template("Hi {{ name }}")
    assert not is_template('{"a": {"b": 1}}')


def test_a_template_tells_what_it_reads() -> None:
    template = compile_template("{{ item.name }} and {{ input.x + item.name }}")
    assert template.references == {("item", "name"), ("input", "x")}


@pytest.mark.parametrize(
    ("source", "position", "words"),
    [
        ("Hi {{ item.name", 3, "not closed"),
        ("Hi {{ }}", 5, "Write an expression"),
        ("Hi {{ a b }}", 8, "'b' is not expected"),
        ("Hi {{ a } }", 8, "not expected"),
        ("Hi {{ 'a }}", 6, "no closing quote"),
        ("Hi {{ itme.name }}", 6, "Did you mean 'item'?"),
    ],
)
def test_a_fault_points_into_the_whole_text(source: str, position: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_template(source, known={"item": Schema("object")})
    assert caught.value.position == position
    assert words in caught.value.message


def test_a_fault_in_a_run_points_into_the_whole_text() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_template("Hi {{ item.nmae }}").render(SCOPE)
    assert caught.value.position == len("Hi {{ item.")


def nested() -> list[Any]:
    value: list[Any] = []
    for _ in range(5_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "source",
    [
        "{{ text }}{{ text }}",
        "{{ texts }}",
        "{{ {'a': texts} }}",
        "{{ deep }}",
        "{{ 1 }}" * 101,
        "{{ " + "1" * 2_001 + " }}",
    ],
    ids=["twice", "list", "object", "deep", "many", "long"],
)
def test_a_text_stays_within_its_limits(source: str) -> None:
    text = "x" * 90_000
    with pytest.raises(ExpressionError):
        compile_template(source).render({"text": text, "texts": [text] * 100_000, "deep": nested()})


def test_an_object_of_the_host_is_not_written() -> None:
    with pytest.raises(ExpressionError, match="can't be written"):
        compile_template("{{ thing }}").render({"thing": object()})
