"""Laws that hold for every expression and every value, tried on made-up ones."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from workflows.expressions import ExpressionError, compile_expression, compile_template
from workflows.expressions.functions import FUNCTIONS
from workflows.expressions.lexer import KEYWORDS, RESERVED

# A long hunt: FUZZ_EXAMPLES=25000 pytest tests/workflows/expressions/test_laws.py
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "200"))
# A busy machine is no broken law.
LAW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])

INTS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | INTS | FLOATS | st.text(max_size=20)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner))
SCOPES = st.fixed_dictionaries({"a": JSON, "b": JSON, "n": INTS, "xs": st.lists(JSON, max_size=5)})

# Words of the language in any order: far more of it is nearly right than of plain text.
WORDS = [
    *("a", "b", "n", "xs", "x", "1", "0", "2.5", "-1", "'t'", "''", "true", "null", "'2026-05-01'", "'36h'", "[", "]"),
    *("(", ")", "{", "}", ",", ".", ":", "?", "!", "-", "+", "*", "/", "%", "<", ">=", "==", "!=", "in", "&&", "||"),
    *("xs.map(x, ", "xs.filter(x, ", "xs.all(x, ", "xs.exists(x, ", "has(a.b)", "[0]", "//", "\n", "{'a': "),
    *(f".{name}(" for style, name in FUNCTIONS if style == "method"),
    *(f"{name}(" for style, name in FUNCTIONS if style == "function"),
]
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)


def trees() -> st.SearchStrategy[str]:
    """Expressions that can be read, most of them with faults of type."""
    leaves = st.sampled_from(["a", "b", "n", "xs", "1", "2.5", "'t'", "true", "null", "[]", "now", "duration('1h')"])
    operators = st.sampled_from(["+", "-", "*", "/", "%", "<", ">=", "==", "!=", "in", "&&", "||"])
    methods = st.sampled_from([name for style, name in FUNCTIONS if style == "method"])
    functions = st.sampled_from([name for style, name in FUNCTIONS if style == "function"])
    macros = st.sampled_from(["map", "filter", "all", "exists", "exists_one"])

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return (
            st.tuples(inner, operators, inner).map(lambda it: f"({it[0]}) {it[1]} ({it[2]})")
            | st.tuples(inner, inner, inner).map(lambda it: f"({it[0]}) ? ({it[1]}) : ({it[2]})")
            | st.tuples(inner, methods, st.lists(inner, max_size=2)).map(
                lambda it: f"({it[0]}).{it[1]}({', '.join(it[2])})"
            )
            | st.tuples(functions, st.lists(inner, max_size=2)).map(lambda it: f"{it[0]}({', '.join(it[1])})")
            | st.tuples(inner, macros, inner).map(lambda it: f"({it[0]}).{it[1]}(x, {it[2]})")
            | st.lists(inner, max_size=3).map(lambda it: f"[{', '.join(it)}]")
            | st.tuples(inner, inner).map(lambda it: f"({it[0]})[{it[1]}]")
            | inner.map(lambda it: f"{{'k': {it}}}.k")
        )

    return st.recursive(leaves, grow, max_leaves=12)


def outcome(source: str, scope: dict[str, Any]) -> Any:
    """The value, or the error; nothing else may come, and it must come soon."""
    started = time.perf_counter()
    try:
        value = compile_expression(source).evaluate(scope)
    except ExpressionError as error:
        value = error
    assert time.perf_counter() - started < 2
    if isinstance(value, ExpressionError):
        assert value.message
        assert value.position is None or 0 <= value.position <= len(source)
    return value


@LAW
@given(st.text(max_size=300), SCOPES)
@example("{{", {})
@example("\x00", {})
@example("'\\", {})
@example("0x", {})
@example("1e", {})
@example("\ud800", {})
def test_any_text_is_a_value_or_an_error(source: str, scope: dict[str, Any]) -> None:
    outcome(source, scope)


@LAW
@given(SENTENCES, SCOPES)
def test_any_words_of_the_language_are_a_value_or_an_error(source: str, scope: dict[str, Any]) -> None:
    outcome(source, scope)


@LAW
@given(trees(), SCOPES)
def test_any_tree_gives_plain_values_or_an_error(source: str, scope: dict[str, Any]) -> None:
    value = outcome(source, scope)
    if not isinstance(value, ExpressionError):
        json.dumps(value, default=str, allow_nan=False)


@LAW
@given(st.text(max_size=100), SENTENCES, SCOPES)
def test_any_template_is_a_text_or_an_error(before: str, source: str, scope: dict[str, Any]) -> None:
    with suppress(ExpressionError):
        assert isinstance(compile_template(f"{before}{{{{ {source} }}}}").render(scope), str)


@LAW
@given(SCOPES)
def test_evaluating_changes_nothing(scope: dict[str, Any]) -> None:
    before = json.dumps(scope)
    for source in ("xs.map(x, [x, a])", "xs + [a]", "xs.filter(x, x == a)", "{'a': a}", "a == b"):
        outcome(source, scope)
    assert json.dumps(scope) == before


@LAW
@given(INTS, INTS)
def test_division_and_remainder_belong_together(a: int, b: int) -> None:
    value = outcome("a / b * b + a % b", {"a": a, "b": b})
    assert value == a or (isinstance(value, ExpressionError) and (b == 0 or (a, b) == (-(2**63), -1)))


@LAW
@given(INTS | FLOATS, INTS | FLOATS)
def test_numbers_are_less_equal_or_greater(a: float, b: float) -> None:
    found = compile_expression("[a < b, a == b, a > b]").evaluate({"a": a, "b": b})
    assert found.count(True) == 1


@LAW
@given(JSON)
def test_everything_equals_itself_and_a_copy(value: Any) -> None:
    scope = {"a": value, "b": json.loads(json.dumps(value))}
    assert compile_expression("a == a && a == b && a in [b] && !(a != b)").evaluate(scope) is True


@LAW
@given(JSON, JSON)
def test_equality_goes_both_ways(a: Any, b: Any) -> None:
    assert compile_expression("(a == b) == (b == a) && (a == b) == (a in [b])").evaluate({"a": a, "b": b}) is True


@LAW
@given(st.lists(INTS | FLOATS, max_size=30), INTS | FLOATS)
def test_filter_keeps_what_holds_and_its_order(xs: list[float], least: float) -> None:
    scope = {"xs": xs, "least": least}
    assert compile_expression("xs.filter(x, x >= least)").evaluate(scope) == [x for x in xs if x >= least]
    assert compile_expression("xs.all(x, x >= least) == !xs.exists(x, !(x >= least))").evaluate(scope) is True
    assert compile_expression("size(xs.filter(x, x < least)) + size(xs.filter(x, !(x < least)))").evaluate(
        scope
    ) == len(xs)


@LAW
@given(st.text(max_size=50), st.text(min_size=1, max_size=3))
def test_split_and_join_undo_each_other(text: str, by: str) -> None:
    assert compile_expression("text.split(by).join(by)").evaluate({"text": text, "by": by}) == text


@LAW
@given(INTS)
def test_a_number_comes_back_from_its_text(number: int) -> None:
    assert compile_expression("int(string(n))").evaluate({"n": number}) == number


@LAW
@given(FLOATS)
def test_a_decimal_number_comes_back_from_its_text(number: float) -> None:
    assert compile_expression("double(string(n))").evaluate({"n": number}) == number


@LAW
@given(st.text(max_size=40).filter(lambda text: "\0" not in text))
def test_a_quoted_text_is_itself(text: str) -> None:
    # A JSON string is nearly a CEL string: only half surrogates are refused.
    if text.encode("utf-8", "ignore").decode() == text:
        assert compile_expression(json.dumps(text, ensure_ascii=False)).evaluate({}) == text


@LAW
@given(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True), SCALARS)
def test_any_name_may_be_a_field(name: str, value: Any) -> None:
    assert compile_expression(f"a.{name}").evaluate({"a": {name: value}}) == value
    if name not in KEYWORDS | RESERVED:
        assert compile_expression(name).evaluate({name: value}) == value
