"""If, switch, set values, validate data, risk scorecard, aggregate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agents.running import RunStep
from workflows import registry
from workflows.steps import Done, StepContext, StepError

ORDER = {"order": "A-1", "amount": 1200, "customer": "Alice"}


def outcome(kind: str, config: dict[str, Any], given: Any = None) -> Done:
    """What the step makes of a config that is resolved already."""
    step_type = registry.get(kind)
    # Pure steps look at nothing but their input.
    context = StepContext(None, "step", "", 0, 0, 1, given, "key")  # type: ignore[arg-type]
    done = step_type.run(context, step_type.config.model_validate(config))
    assert isinstance(done, Done)
    return done


@pytest.mark.parametrize(("condition", "port"), [(True, "yes"), (False, "no")])
def test_if_goes_one_of_two_ways(condition: bool, port: str) -> None:
    assert outcome("if", {"condition": condition}) == Done({"result": condition}, port=port)


def test_a_condition_that_is_neither_true_nor_false_fails(run_step: RunStep) -> None:
    ended = run_step("if", {"condition": {"$expr": "input.name"}}, {"name": "true"})
    assert ended.error["code"] == "config_invalid"


@pytest.mark.parametrize(
    ("first", "second", "port"), [(True, True, "vip"), (False, True, "new"), (False, False, "else")]
)
def test_switch_takes_the_first_case_that_holds(first: bool, second: bool, port: str) -> None:
    cases = [{"name": "vip", "when": first}, {"name": "new", "when": second}]
    assert outcome("switch", {"cases": cases}) == Done({"case": port}, port=port)


@pytest.mark.parametrize("names", [("a", "a"), ("else", "b"), ("error", "b")])
def test_the_names_of_cases_are_ports_so_they_differ(names: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="name of its own"):
        outcome("switch", {"cases": [{"name": name, "when": True} for name in names]})


def test_set_values_gives_what_its_expressions_come_to(run_step: RunStep) -> None:
    values = {"twice": {"$expr": "input.a * 2"}, "text": "a is {{ input.a }}", "fixed": [1]}
    assert run_step("set_values", {"values": values}, {"a": 4}).output == {"twice": 8, "text": "a is 4", "fixed": [1]}


def test_data_that_keep_the_rules_pass_as_they_are() -> None:
    rules = [{"field": "amount", "type": "number", "minimum": 1}, {"field": "note", "required": False}]
    assert outcome("validate_data", {"rules": rules}, ORDER).output == ORDER


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"field": "missing"}, "is missing"),
        ({"field": "order", "type": "number"}, "must be of type number"),
        ({"field": "amount", "maximum": 1000}, "must be at most 1000"),
        ({"field": "amount", "minimum": 5000}, "must be at least 5000"),
    ],
)
def test_what_breaks_a_rule_is_named_with_its_field(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(StepError) as caught:
        outcome("validate_data", {"rules": [rule]}, ORDER)
    assert caught.value.code == "data_invalid"
    assert caught.value.details == [{"field": rule["field"], "message": message}]


@pytest.mark.parametrize("given", [None, {}, [], "text", 7])
def test_without_rules_data_must_be_an_object_with_something_in_it(given: Any) -> None:
    with pytest.raises(StepError, match="object"):
        outcome("validate_data", {}, given)


def test_the_scorecard_for_orders_adds_points_and_says_why() -> None:
    assert outcome("risk_scorecard", {}, {**ORDER, "new_customer": True}).output == {
        "score": 60,
        "level": "medium",
        "reasons": [
            {"field": "amount", "points": 40, "reason": "The amount is 1,000 or more"},
            {"field": "new_customer", "points": 20, "reason": "The customer is new"},
        ],
        "data": {**ORDER, "new_customer": True},
    }


@pytest.mark.parametrize(
    ("operator", "value", "points"),
    [
        ("is", 1200, 5),
        ("is", 1, 0),
        ("is_not", 1, 5),
        ("at_least", 1200, 5),
        ("at_most", 1199, 0),
        ("is_missing", None, 0),
    ],
)
def test_a_scorecard_of_its_own_compares(operator: str, value: Any, points: float) -> None:
    rules = [{"field": "amount", "operator": operator, "value": value, "points": 5}]
    assert outcome("risk_scorecard", {"rules": rules}, ORDER).output["score"] == points


@pytest.mark.parametrize(("function", "value"), [("sum", 55), ("count", 5), ("mean", 11), ("min", 1), ("max", 25)])
def test_aggregate_makes_one_value_of_many(function: str, value: float) -> None:
    values = [1, 4, None, 9, 16, 25]
    assert outcome("aggregate", {"values": values, "function": function}).output == {"value": value, "count": 5}


@pytest.mark.parametrize(("function", "value"), [("sum", 0), ("count", 0), ("mean", None), ("min", None)])
def test_aggregate_of_nothing(function: str, value: float | None) -> None:
    assert outcome("aggregate", {"values": [], "function": function}).output == {"value": value, "count": 0}


@pytest.mark.parametrize("odd", ["7", True, {}])
def test_aggregate_counts_anything_but_adds_numbers_alone(odd: Any) -> None:
    assert outcome("aggregate", {"values": [1, odd], "function": "count"}).output["value"] == 2
    with pytest.raises(StepError, match="numbers"):
        outcome("aggregate", {"values": [1, odd], "function": "sum"})
