"""The page on expressions tells the truth, and all of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workflows.expressions import compile_expression
from workflows.expressions.functions import FUNCTIONS
from workflows.expressions.parser import MACROS

PAGE = Path(__file__).parents[3].joinpath("docs", "expressions.md").read_text()
EXAMPLES = [
    (source.replace(r"\|", "|"), json.loads(value))
    for source, value in re.findall(r"^\| `(.+)` \| `(.+)` \|$", PAGE, re.MULTILINE)
]
SCOPE = {
    "input": {"amount": 120, "price": 9.5, "country": "NL", "email": None, "tags": ["new", "vip"]},
    "customers": [{"name": "Ann", "probability": 0.9}, {"name": "Bob", "probability": 0.5}],
    "now": datetime(2026, 5, 4, 10, 30, tzinfo=UTC),
}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 50


@pytest.mark.parametrize(("source", "value"), EXAMPLES, ids=[source for source, _ in EXAMPLES])
def test_an_example_gives_what_the_page_says(source: str, value: object) -> None:
    assert compile_expression(source).evaluate(SCOPE) == value


@pytest.mark.parametrize("name", sorted({name for style, name in FUNCTIONS if style != "operator"} | {*MACROS, "has"}))
def test_the_page_shows_every_function(name: str) -> None:
    assert any(re.search(rf"\b{name}\(", source) for source, _ in EXAMPLES)
