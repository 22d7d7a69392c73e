"""What the policies of steps may ask for, and what joins that begin early make of the graph."""

from __future__ import annotations

from typing import Any

import pytest

from agents.steps import register_all
from workflows import registry
from workflows.graph.document import parse, to_json
from workflows.graph.paths import losers, parting
from workflows.graph.validate import validate


@pytest.fixture(autouse=True)
def _types() -> None:
    if not registry.all_types():
        register_all()


def document(nodes: dict[str, dict[str, Any]], *edges: str, **more: Any) -> dict[str, Any]:
    plain = {"type": "set_values", "config": {"values": {}}}
    return {
        "name": "Test",
        "nodes": [{"id": key, **plain, **node} for key, node in nodes.items()],
        "edges": [{"from": edge.split()[0], "to": edge.split()[1]} for edge in edges],
        **more,
    }


def faults(raw: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["code"], one["field"]) for one in validate(raw, registry.by_key(), aliases=registry.aliases())]


HTTP = {"type": "http_request", "config": {"url": "https://example.com"}}


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ({"retry": {"max_attempts": 0}}, ("bad_retry", "retry.max_attempts")),
        ({"retry": {"often": 1}}, ("bad_retry", "retry.often")),
        ({"timeout_seconds": -1}, ("bad_timeout_seconds", "timeout_seconds")),
        ({"priority": 10}, ("bad_priority", "priority")),
        ({"priority": True}, ("bad_priority", "priority")),
        ({"on_failure": "cry"}, ("bad_on_failure", "on_failure")),
        ({"limit": {"key": "x"}}, ("bad_limit", "limit")),
        ({"limit": {"when_full": "debounce", "at_once": 1}}, ("bad_limit", "limit")),
        ({"join": {"mode": "some"}}, ("bad_join", "join.mode")),
        ({"cache_minutes": 5}, ("bad_cache_minutes", "cache_minutes")),
        ({"on_uncertain": "probe"}, ("bad_on_uncertain", "on_uncertain")),
        ({"limit": {"at_once": 1, "key": "{{ steps.nobody.output }}"}}, ("unknown_step", "limit.key")),
        ({"undoes": "nobody"}, ("bad_undoes", "undoes")),
    ],
)
def test_a_rule_that_makes_no_sense_is_pointed_at(rules: dict[str, Any], fault: tuple[str, str]) -> None:
    assert faults(document({"a": rules})) == [fault]


def test_answers_of_a_call_that_only_asks_may_be_kept() -> None:
    assert faults(document({"a": {**HTTP, "cache_minutes": 5}})) == []


@pytest.mark.parametrize("method", ["POST", {"$expr": "input.method"}])
def test_answers_of_a_call_that_may_change_something_may_not(method: Any) -> None:
    call = {**HTTP, "config": {**HTTP["config"], "method": method}, "cache_minutes": 5}  # type: ignore[dict-item]
    assert faults(document({"a": call})) == [("bad_cache_minutes", "cache_minutes")]


def test_an_undo_step_may_read_what_it_undoes_and_stands_alone() -> None:
    undo = {"undoes": "a", "config": {"values": {"was": {"$expr": "steps.a.output"}}}}
    assert faults(document({"a": {}, "b": {}, "u": undo}, "a b")) == []
    assert faults(document({"a": {}, "b": {}, "u": undo}, "a b", "u b")) == [("bad_undoes", "undoes")]


def test_two_undo_steps_for_one_are_too_many() -> None:
    raw = document({"a": {}, "u": {"undoes": "a"}, "v": {"undoes": "a"}})
    assert faults(raw) == [("bad_undoes", "undoes")]


def test_an_undo_step_has_none_itself() -> None:
    raw = document({"a": {}, "u": {"undoes": "a"}, "v": {"undoes": "u"}})
    assert faults(raw) == [("bad_undoes", "undoes")]


def test_more_branches_than_lead_to_a_join_can_not_be_asked_for() -> None:
    raw = document({"a": {}, "b": {}, "j": {"join": {"mode": "first", "count": 3}}}, "a j", "b j")
    assert faults(raw) == [("bad_join", "join.count")]


def test_who_asks_a_person_has_no_error_edge() -> None:
    raw = document({"a": {"on_failure": "ask"}, "b": {}})
    raw["edges"] = [{"from": "a", "to": "b", "port": "error"}]
    assert faults(raw) == [("bad_on_failure", "on_failure")]


def test_a_stop_stands_outside_every_other_step() -> None:
    each = {"type": "map", "config": {"items": []}}
    assert faults(document({"e": each, "s": {"type": "stop", "config": {}, "parent": "e"}})) == [("not_in_map", None)]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"deadline_seconds": 0}, "settings.deadline_seconds"),
        ({"keep_days": 0}, "settings.keep_days"),
        ({"colour": "red"}, "settings.colour"),
        ({"limit": {"rate": 5}}, "settings.limit"),
    ],
)
def test_settings_out_of_bounds_are_pointed_at(settings: dict[str, Any], field: str) -> None:
    assert ("bad_settings", field) in faults(document({"a": {}}, settings=settings))


def test_rules_and_settings_come_back_as_they_were_written() -> None:
    rules = {"retry": {"max_attempts": 4, "on": ["timeout"]}, "limit": {"at_once": 2, "key": "{{ input.id }}"}}
    raw = document({"a": rules}, settings={"deadline_seconds": 60.0})
    again = to_json(parse(raw))
    assert (again["nodes"][0]["retry"], again["nodes"][0]["limit"]) == (rules["retry"], rules["limit"])
    assert again["settings"] == {"deadline_seconds": 60.0}


class TestEarlyJoins:
    def test_what_leads_only_to_the_join_is_of_no_use_once_it_has_begun(self) -> None:
        parsed = parse(document({key: {} for key in "sabcj"}, "s a", "s b", "b c", "a j", "c j"))
        assert losers(parsed, "j") == ["a", "b", "c", "s"]

    def test_what_leads_elsewhere_too_is_of_use(self) -> None:
        parsed = parse(document({key: {} for key in "abjz"}, "a j", "b j", "b z"))
        assert losers(parsed, "j") == ["a"]

    def test_the_body_of_a_map_goes_with_its_map(self) -> None:
        nodes = {"a": {}, "e": {"type": "map"}, "i": {"parent": "e"}, "j": {}}
        assert losers(parse(document(nodes, "a j", "e j")), "j") == ["a", "e", "i"]

    def test_branches_part_after_the_last_step_that_they_share(self) -> None:
        parsed = parse(document({key: {} for key in "stabj"}, "s t", "t a", "t b", "a j", "b j"))
        assert parting(parsed, "j") == "t"

    def test_branches_that_share_no_step_part_at_the_start(self) -> None:
        assert parting(parse(document({key: {} for key in "abj"}, "a j", "b j")), "j") is None
