"""Validation points at the node and field, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field

from workflows.graph.document import Document, Node, Problem, problem
from workflows.graph.validate import is_publishable, validate


class Nothing(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Scored(Nothing):
    customers: list[Any] = Field(default_factory=list)
    threshold: float = Field(default=0.5, ge=0, le=1)


class Mail(Nothing):
    to: str = Field(min_length=1)
    subject: str = ""
    lines: list[dict[str, int]] = Field(default_factory=list)


class Cases(Nothing):
    cases: list[dict[str, Any]] = Field(default_factory=list)


@dataclass(frozen=True)
class Kind:
    title: str
    family: str = "crm"
    config: type[BaseModel] = Nothing
    ports: tuple[str, ...] = ("out",)
    dynamic_ports: str | None = None
    container: bool = False
    repeats: bool = False
    grows: bool = False
    only_at_top: bool = False
    cacheable: bool = False
    can_probe: bool = False
    output: dict[str, Any] | None = None

    def only_asks(self, config: Mapping[str, Any]) -> bool:
        return True


TYPES = {
    "trigger_person": Kind("Person", family="trigger"),
    "trigger_record_updated": Kind("Changed", family="trigger", config=Cases),
    "find": Kind("Find", output={"type": "object", "properties": {"customers": {}}, "additionalProperties": False}),
    "score": Kind("Score", config=Scored),
    "mail": Kind("Mail", config=Mail),
    "if": Kind("If", ports=("yes", "no")),
    "switch": Kind("Switch", config=Cases, ports=("else",), dynamic_ports="cases"),
    "map": Kind("For each", container=True, config=Scored),
}


def node(name: str, kind: str = "find", **more: Any) -> dict[str, Any]:
    return {"id": name, "type": kind, **more}


def edge(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"from": source, "to": target, **more}


def problems(*nodes: dict[str, Any], edges: list[dict[str, Any]] | None = None, **more: Any) -> list[Problem]:
    return validate({"name": "A", "nodes": list(nodes), "edges": edges or [], **more}, TYPES)


def found(*nodes: dict[str, Any], **more: Any) -> list[tuple[str, str | None, str | None]]:
    return [(one["code"], one["node"], one["field"]) for one in problems(*nodes, **more)]


def test_a_chain_has_no_problem() -> None:
    chain = [node("start", "trigger_person"), node("find"), node("score", "score")]
    assert found(*chain, edges=[edge("start", "find"), edge("find", "score")]) == []


def test_a_document_without_triggers_begins_where_nothing_leads() -> None:
    assert found(node("a"), node("b"), edges=[edge("a", "b")]) == []


def test_an_empty_document_says_so() -> None:
    assert found() == [("empty", None, None)]


def test_a_document_that_can_not_be_read_says_why() -> None:
    assert validate({"nodes": 1}, TYPES)[0]["code"] == "not_a_document"


def test_a_workflow_needs_a_name() -> None:
    assert [one["code"] for one in validate({"nodes": [node("a")]}, TYPES)] == ["no_name"]


def test_an_unknown_type_points_at_its_node() -> None:
    assert found(node("a", "teleport")) == [("unknown_type", "a", "type")]


def test_an_alias_is_a_known_type() -> None:
    raw = {"name": "A", "nodes": [node("a", "lookup")]}
    assert validate(raw, TYPES, aliases={"lookup": "find"}) == []


def test_an_edge_to_nowhere_is_found() -> None:
    assert found(node("a"), edges=[edge("a", "b")]) == [("unknown_step", None, None)]


def test_an_edge_from_a_port_that_is_not_there_is_found() -> None:
    assert found(node("a", "if"), node("b"), edges=[edge("a", "b")]) == [("unknown_port", "a", None)]


@pytest.mark.parametrize("port", ["gold", "else", "error"])
def test_cases_are_ports(port: str) -> None:
    switch = node("a", "switch", config={"cases": [{"name": "gold"}]})
    assert found(switch, node("b"), edges=[edge("a", "b", port=port)]) == []


def test_steps_that_wait_for_each_other_are_found() -> None:
    loop = problems(node("a"), node("b"), node("c"), edges=[edge("a", "b"), edge("b", "c"), edge("c", "b")])
    assert [one["code"] for one in loop] == ["cycle"]
    assert "“b” → “c” → “b”" in loop[0]["message"] or "“c” → “b” → “c”" in loop[0]["message"]


def test_a_trigger_can_not_come_after_a_step() -> None:
    assert ("trigger_not_first", "b", None) in found(node("a"), node("b", "trigger_person"), edges=[edge("a", "b")])


def test_a_step_that_no_trigger_leads_to_is_found_once() -> None:
    lost = found(
        node("start", "trigger_person"), node("a"), node("b"), node("c"), edges=[edge("start", "a"), edge("b", "c")]
    )
    assert lost == [("unreachable", "b", None)]


class TestForEach:
    body = (node("find"), node("each", "map"), node("tag", parent="each"), node("say", parent="each"))
    edges = (edge("find", "each"), edge("tag", "say"))

    def test_a_body_has_no_problem(self) -> None:
        assert found(*self.body, edges=list(self.edges)) == []

    def test_an_edge_over_the_border_is_found(self) -> None:
        assert ("crosses_map", "say", None) in found(*self.body, edges=[*self.edges, edge("find", "say")])

    def test_an_empty_one_is_found(self) -> None:
        assert found(node("each", "map")) == [("empty_map", "each", None)]

    def test_one_inside_another_is_found(self) -> None:
        nested = found(node("each", "map"), node("inner", "map", parent="each"), node("a", parent="inner"))
        assert nested == [("nested_map", "inner", None)]

    def test_a_parent_that_holds_nothing_is_found(self) -> None:
        assert ("unknown_parent", "b", "parent") in found(node("a"), node("b", parent="a"))

    def test_a_trigger_inside_is_found(self) -> None:
        assert ("trigger_in_map", "t", None) in found(
            node("each", "map"), node("a", parent="each"), node("t", "trigger_person", parent="each")
        )

    def test_the_body_may_read_the_item_and_what_came_before(self) -> None:
        config = {"to": "{{ item.email }} {{ steps.find.output.customers }} {{ index }}"}
        body = [*self.body[:3], node("say", "mail", parent="each", config=config)]
        assert found(*body, edges=list(self.edges)) == []

    def test_the_item_is_not_known_outside(self) -> None:
        assert found(node("a", "mail", config={"to": "{{ item.email }}"})) == [("not_in_map", "a", "to")]

    def test_what_is_inside_is_not_read_from_outside(self) -> None:
        after = node("after", "mail", config={"to": "{{ steps.tag.output.x }}"})
        assert found(*self.body, after, edges=[*self.edges, edge("each", "after")]) == [("not_upstream", "after", "to")]


class TestConfig:
    def test_a_missing_value_points_at_its_field(self) -> None:
        assert found(node("a", "mail")) == [("bad_config", "a", "to")]

    def test_an_unknown_setting_points_at_itself(self) -> None:
        assert found(node("a", "mail", config={"to": "x", "bcc": "y"})) == [("bad_config", "a", "bcc")]

    def test_a_value_out_of_bounds_points_at_its_field(self) -> None:
        assert found(node("a", "score", config={"threshold": 2})) == [("bad_config", "a", "threshold")]

    def test_a_fault_deep_inside_has_its_whole_way(self) -> None:
        config = {"to": "x", "lines": [{"a": 1}, {"a": "no"}]}
        assert found(node("a", "mail", config=config)) == [("bad_config", "a", "lines.1.a")]

    def test_an_expression_may_give_any_type(self) -> None:
        config = {"threshold": {"$expr": "input.threshold"}, "customers": {"$expr": "input.customers"}}
        assert found(node("a", "score", config=config)) == []

    def test_a_fixed_value_beside_an_expression_is_still_checked(self) -> None:
        config = {"threshold": 7, "customers": {"$expr": "input.customers"}}
        assert found(node("a", "score", config=config)) == [("bad_config", "a", "threshold")]


class TestExpressions:
    def test_a_syntax_error_points_at_its_field(self) -> None:
        config = {"customers": {"$expr": "steps.find.("}}
        (fault,) = found(node("a", "score", config=config))
        assert fault[1:] == ("a", "customers")

    def test_an_unknown_name_is_found(self) -> None:
        assert found(node("a", "score", config={"customers": {"$expr": "customers"}})) == [
            ("no_such_name", "a", "customers")
        ]

    def test_an_unknown_step_is_found(self) -> None:
        assert found(node("a", "mail", config={"to": "{{ steps.gone.output }}"})) == [("unknown_step", "a", "to")]

    def test_a_step_that_comes_later_is_found(self) -> None:
        first = node("a", "mail", config={"to": "{{ steps.b.output }}"})
        assert found(first, node("b"), edges=[edge("a", "b")]) == [("not_upstream", "a", "to")]

    def test_a_field_that_a_step_does_not_give_is_found(self) -> None:
        config = {"customers": {"$expr": "steps.find.output.custmers"}}
        assert found(node("find"), node("a", "score", config=config), edges=[edge("find", "a")]) == [
            ("no_such_field", "a", "customers")
        ]

    def test_a_name_bound_by_a_macro_is_known(self) -> None:
        config = {"customers": {"$expr": "steps.find.output.customers.filter(c, c.risk > 0.5)"}}
        assert found(node("find"), node("a", "score", config=config), edges=[edge("find", "a")]) == []

    def test_a_trigger_may_ask_what_the_record_was(self) -> None:
        config = {"cases": [{"when": {"$expr": "before.risk < 0.8 && after.risk >= 0.8"}}]}
        assert found(node("a", "trigger_record_updated", config=config)) == []


class TestInputs:
    def test_a_step_that_does_not_come_before_is_found(self) -> None:
        nodes = [node("a"), node("each", "map"), node("b", parent="each"), node("c", inputs=["b.output"])]
        assert ("not_upstream", "c", "inputs") in found(*nodes, edges=[edge("a", "each")])

    def test_a_key_of_the_input_is_fine(self) -> None:
        assert found(node("a", inputs=["order_data"])) == []

    def test_a_key_that_the_input_has_not_is_a_warning(self) -> None:
        schema = {"type": "object", "properties": {"order": {}}}
        (warning,) = problems(node("a", inputs=["order_data"]), input_schema=schema)
        assert (warning["code"], warning.get("severity")) == ("unknown_input", "warning")
        assert is_publishable([warning])

    def test_what_is_no_reference_is_found(self) -> None:
        assert found(node("a", inputs=["a b"])) == [("bad_reference", "a", "inputs")]


def test_the_installation_may_add_its_own_checks() -> None:
    def no_mail(document: Document, one: Node) -> list[Problem]:
        return [problem("no_mail", "Mail is off.", node=one.id)] if one.type == "mail" else []

    raw = {"name": "A", "nodes": [node("a", "mail", config={"to": "x"})]}
    assert [one["code"] for one in validate(raw, TYPES, checks=[no_mail])] == ["no_mail"]
