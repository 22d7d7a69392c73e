"""Rules of a step, undo steps, containers and the settings of a workflow."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Position, expect

from benchmarks.designer_page import DesignerApi, step_type
from tests.designer.conftest import STEP_TYPES, Opened, document

TYPES = [
    *STEP_TYPES,
    step_type("loop", "flow", more={"container": True, "repeats": True}),
    step_type("plan", "flow", more={"container": True, "grows": True}),
    step_type("payment", "connect", more={"effect": "unkeyed"}),
    step_type("lookup", "connect", more={"cacheable": True}),
]


@pytest.fixture
def branched(open_designer: Callable[[DesignerApi], Opened]) -> Opened:
    """Two branches lead to the payment; a loop and a plan stand beside."""
    drawn = document()
    drawn["nodes"] += [
        {"id": "pay", "type": "payment", "label": "Pay", "config": {}},
        {"id": "again", "type": "loop", "label": "Repeat", "config": {}},
        {"id": "grow", "type": "plan", "label": "Plan", "config": {}},
    ]
    drawn["edges"] += [{"from": "start", "to": "pay"}, {"from": "score", "to": "pay"}]
    drawn["layout"] |= {"pay": {"x": 264, "y": 240}, "again": {"x": 528, "y": 240}, "grow": {"x": 528, "y": 480}}
    return open_designer(DesignerApi(drawn, TYPES))


def group(designer: Opened, name: str) -> Locator:
    """The group of rules, opened."""
    found = designer.page.get_by_test_id("rules").locator("details").filter(has_text=name)
    found.locator("summary").click()
    return found


def groups(designer: Opened) -> list[str]:
    return designer.page.get_by_test_id("rules").locator("summary").all_inner_texts()


def test_a_retry_and_a_join_are_saved_and_stand_on_the_card(branched: Opened) -> None:
    branched.card("pay").click()
    group(branched, "If it fails").get_by_label("Tries", exact=True).fill("3")
    join = group(branched, "Joining branches")
    join.get_by_label("Goes on after").select_option("A number of branches")
    join.get_by_label("Number of branches").fill("2")
    expect(branched.page.get_by_test_id("rules-pay")).to_contain_text("first 2")
    saved = branched.node("pay")
    assert (saved["retry"], saved["join"]) == ({"max_attempts": 3}, {"mode": "first", "count": 2})


def test_a_join_of_all_branches_is_no_rule(branched: Opened) -> None:
    branched.card("pay").click()
    mode = group(branched, "Joining branches").get_by_label("Goes on after")
    mode.select_option("Whichever comes first")
    expect(branched.page.get_by_test_id("rules-pay")).to_contain_text("any")
    mode.select_option("All branches")
    expect(branched.page.get_by_test_id("rules-pay")).to_have_count(0)
    assert "join" not in branched.node("pay")


def test_only_rules_that_apply_are_offered(branched: Opened) -> None:
    branched.card("score").click()
    assert groups(branched) == ["If it fails", "Limits", "Priority"]
    expect(branched.page.get_by_label("If it may have happened")).to_have_count(0)
    branched.card("pay").click()
    assert groups(branched) == ["If it fails", "Limits", "Joining branches", "Priority"]
    choice = group(branched, "If it fails").get_by_label("If it may have happened")
    assert choice.locator("option").all_inner_texts() == ["Choose…", "A person decides", "Do it again"]
    branched.card("start").click()
    expect(branched.page.get_by_test_id("rules")).to_have_count(0)


def test_a_bad_key_of_a_limit_is_told_at_its_field(branched: Opened) -> None:
    message = "There is no step 'nobody'."
    branched.api.problems = [
        {"node": "pay", "field": "limit.key", "code": "unknown_step", "message": message, "severity": "error"}
    ]
    branched.card("pay").click()
    limits = group(branched, "Limits")
    limits.get_by_label("At once").fill("1")
    limits.get_by_role("textbox", name="Counted by").fill("{{ steps.nobody.output }}")
    field = branched.page.locator("[data-field='limit.key']")
    expect(field).to_contain_text(message)
    expect(branched.page.get_by_test_id("inspector").get_by_text(message)).to_have_count(1)
    assert branched.node("pay")["limit"] == {"at_once": 1, "key": "{{ steps.nobody.output }}"}


def test_the_key_of_a_limit_is_completed_from_earlier_steps(branched: Opened) -> None:
    branched.card("pay").click()
    limits = group(branched, "Limits")
    limits.get_by_label("At once").fill("1")
    limits.get_by_role("textbox", name="Counted by").click()
    branched.page.keyboard.type("of {{ steps.sc")
    branched.page.get_by_role("option", name="score").click()
    expect(limits.get_by_role("textbox", name="Counted by")).to_have_text("of {{ steps.score}}")
    assert branched.node("pay")["limit"] == {"at_once": 1, "key": "of {{ steps.score}}"}


def test_a_problem_opens_the_rules_it_is_about(branched: Opened) -> None:
    branched.api.problems = [
        {"node": "pay", "field": "join.count", "code": "bad_join", "message": "Only 2 lead here.", "severity": "error"}
    ]
    broken = copy.deepcopy(branched.api.document)
    next(node for node in broken["nodes"] if node["id"] == "pay")["join"] = {"mode": "first", "count": 9}
    branched.api.document = broken
    branched.reload()
    branched.card("pay").click()
    expect(branched.page.locator("[data-field='join.count']")).to_contain_text("Only 2 lead here.")


def test_an_undo_step_stands_beside_its_step_and_goes_with_it(branched: Opened) -> None:
    branched.card("pay").click(button="right")
    branched.page.get_by_role("menuitem", name="Add an undo step").click()
    branched.page.get_by_test_id("step-menu").get_by_text("Tag customer").click()
    undo = branched.card("tag_customer")
    expect(undo).to_have_class("step-card detail-full family-crm is-selected is-undo")
    expect(branched.page.get_by_test_id("undo-line-tag_customer")).to_be_attached()
    expect(undo.locator(".react-flow__handle.connectable")).to_have_count(0)
    assert branched.node("tag_customer")["undoes"] == "pay"
    edges = branched.saved()["edges"]
    assert not any("tag_customer" in (edge["from"], edge["to"]) for edge in edges)
    branched.card("pay").click()
    branched.page.keyboard.press("Delete")
    expect(undo).to_have_count(0)
    branched.page.keyboard.press("Control+z")
    expect(undo).to_be_visible()
    assert branched.node("tag_customer")["undoes"] == "pay"


def test_a_copied_step_brings_its_undo_step(branched: Opened) -> None:
    branched.card("pay").click()
    branched.page.get_by_role("button", name="Add an undo step").click()
    branched.page.get_by_test_id("step-menu").get_by_text("Tag customer").click()
    expect(branched.card("tag_customer")).to_be_visible()
    branched.page.get_by_role("button", name="Takes back “Pay”").click()
    expect(branched.page.get_by_label("Step name")).to_have_value("Pay")
    branched.page.keyboard.press("Escape")
    branched.card("pay").click()
    branched.page.keyboard.press("Control+d")
    expect(branched.card("tag_customer_2")).to_be_visible()
    assert branched.node("tag_customer_2")["undoes"] == "payment"


def test_steps_are_dropped_into_a_repeat_but_not_into_a_plan(branched: Opened) -> None:
    expect(branched.card("again")).to_contain_text("Drop the steps to repeat here")
    expect(branched.card("grow")).to_contain_text("Its steps are planned while it runs")
    inside = Position(x=200, y=110)
    branched.page.get_by_test_id("palette-score_churn").drag_to(branched.card("again"), target_position=inside)
    expect(branched.card("score_churn")).to_be_visible()
    branched.page.get_by_test_id("palette-score_churn").drag_to(branched.card("grow"), target_position=inside)
    expect(branched.card("score_churn_2")).to_be_visible()
    assert branched.node("score_churn")["parent"] == "again"
    assert "parent" not in branched.node("score_churn_2")


def test_the_settings_of_a_workflow_are_saved_and_undone(branched: Opened) -> None:
    branched.page.get_by_role("button", name="More").click()
    branched.page.get_by_role("button", name="Workflow settings").click()
    settings = branched.page.get_by_label("Workflow settings", exact=True)
    settings.get_by_label("Seconds a run may take").fill("3600")
    settings.get_by_label("When a run fails, start the workflow").select_option("Tell the team")
    settings.get_by_label("At once").fill("2")
    expect(settings.get_by_label("At most, in a time")).to_have_count(0)
    expect(branched.page.get_by_test_id("save-status")).to_contain_text("Saved")
    written: dict[str, Any] = branched.saved()["settings"]
    assert written == {"deadline_seconds": 3600, "on_failure": "tell-the-team", "limit": {"at_once": 2}}
    branched.page.keyboard.press("Control+z")
    assert "settings" not in branched.saved()
