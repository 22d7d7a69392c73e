"""A step's config with expressions in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from workflows.expressions import ExpressionError, Schema
from workflows.expressions.bindings import compile_value

SCOPE: dict[str, Any] = {
    "input": {"threshold": 0.7, "customers": [{"id": 1}]},
    "item": {"name": "Ann"},
    "now": datetime(2026, 5, 4, tzinfo=UTC),
}


@pytest.mark.parametrize("value", [1, None, "text", [1, {"a": "b"}], {"a": [{}]}, "{ not } a template"], ids=str)
def test_a_constant_is_the_very_same_object(value: Any) -> None:
    binding = compile_value(value)
    assert binding.is_constant
    assert binding.references == frozenset()
    assert binding.resolve({}) is value


def test_expressions_and_templates_are_resolved_wherever_they_are() -> None:
    fixed = {"deep": [1, 2]}
    binding = compile_value(
        {"items": {"$expr": "input.customers"}, "mail": [{"title": "Hi {{ item.name }}"}, fixed], "fixed": fixed}
    )
    assert not binding.is_constant
    assert binding.references == {("input", "customers"), ("item", "name")}
    found = binding.resolve(SCOPE)
    assert found == {"items": [{"id": 1}], "mail": [{"title": "Hi Ann"}, fixed], "fixed": fixed}
    assert found["fixed"] is fixed
    assert found["items"] is SCOPE["input"]["customers"]


def test_an_expression_alone_is_a_value() -> None:
    assert compile_value({"$expr": "input.threshold > 0.5"}).resolve(SCOPE) is True


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("now", "2026-05-04T00:00:00Z"),
        ("duration('1h')", "3600s"),
        ("[{'at': now}]", [{"at": "2026-05-04T00:00:00Z"}]),
    ],
)
def test_times_become_texts(source: str, value: Any) -> None:
    assert compile_value({"$expr": source}).resolve(SCOPE) == value


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        ({"a": [{"b": {"$expr": "1 +"}}]}, ("a", 0, "b"), "expression_syntax"),
        ({"a": "{{ nobody.name }}"}, ("a",), "no_such_name"),
        ({"a": {"$expr": "1", "other": 2}}, ("a",), "expression_syntax"),
        ({"a": {"$expr": 7}}, ("a",), "expression_syntax"),
        ({"$expr": "nobody"}, (), "no_such_name"),
    ],
)
def test_a_fault_tells_where_in_the_config_it_is(value: Any, path: tuple[str | int, ...], code: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_value(value, known={"input": Schema("object")})
    assert (caught.value.path, caught.value.code) == (path, code)
    assert str(caught.value).startswith(".".join(map(str, path)))


def test_a_fault_in_a_run_tells_where_in_the_config_it_is() -> None:
    binding = compile_value({"mail": [{"title": "Hi {{ item.nmae }}"}]})
    with pytest.raises(ExpressionError, match=r"mail\.0\.title: There is no field 'nmae'\. Did you mean 'name'\?"):
        binding.resolve(SCOPE)


def test_a_config_is_not_nested_without_end() -> None:
    value: Any = 1
    for _ in range(5_000):
        value = [value]
    with pytest.raises(ExpressionError, match="50 levels"):
        compile_value(value)
