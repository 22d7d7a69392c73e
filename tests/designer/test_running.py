"""Publishing, starting a run and watching it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from benchmarks.designer_page import DesignerApi
from tests.designer.conftest import STEP_TYPES, Opened, document

PROBLEM = {"node": "tag", "field": "tag", "code": "missing", "message": "Fill this in.", "severity": "error"}


def step(node: str, state: str, **more: Any) -> dict[str, Any]:
    at = "2026-01-01T10:00:00Z"
    ended = at if state in ("SUCCEEDED", "FAILED") else None
    times = {"started_at": at, "ended_at": ended, "attempt": 1, "agent": "node-1"}
    label = next((item["label"] for item in document()["nodes"] if item["id"] == node), node)
    empty = {"output": None, "error": None, "port": None, "wait": None, "items": None, "truncated": False}
    empty |= {"undoes": None, "decide": False}
    own = {"node": node, "type": "", "label": label, "item": 0, "parent": None, "state": state}
    return {**own, **times, **empty, "attempts": [], "chunks": [], **more}


def run(state: str, *steps: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "r1",
        "number": 7,
        "workflow": "Churn rescue",
        "workflow_id": 1,
        "state": state,
        "version": 1,
        "input": {"items": [1]},
        "output": None,
        "created_at": "2026-01-01T10:00:00Z",
        "finished_at": None if state == "RUNNING" else "2026-01-01T10:00:02Z",
        "document": document(),
        "rights": {"cancel": state == "RUNNING"},
        "steps": list(steps),
    }


def test_a_problem_stands_in_the_way_of_publishing_and_leads_to_its_step(designer: Opened) -> None:
    designer.api.problems = [PROBLEM]
    designer.reload()
    designer.page.get_by_role("button", name="Review & publish").click()
    expect(designer.page.get_by_role("button", name="Publish", exact=True)).to_be_disabled()
    designer.page.get_by_role("dialog").get_by_role("button", name="Fill this in.").click()
    expect(designer.page.get_by_label("Step name")).to_have_value("Tag")


def test_publishing_saves_first_and_tells_the_version(designer: Opened) -> None:
    designer.card("score").click()
    designer.page.get_by_label("Threshold").fill("0.85")
    designer.page.get_by_role("button", name="Review & publish").click()
    designer.page.get_by_label("Note for the history").fill("Stricter")
    designer.page.get_by_role("button", name="Publish", exact=True).click()
    expect(designer.page.get_by_text("Version 2 is live")).to_be_visible()
    assert designer.node("score")["config"]["threshold"] == 0.85


def test_a_started_run_shows_its_states_on_the_cards(open_designer: Callable[[DesignerApi], Opened]) -> None:
    api = DesignerApi(document(), STEP_TYPES, run("RUNNING", step("start", "SUCCEEDED"), step("score", "RUNNING")))
    designer = open_designer(api)
    designer.page.get_by_role("button", name="Run", exact=True).click()
    designer.page.get_by_role("button", name="Start run").click()
    expect(designer.card("score")).to_have_attribute("data-state", "RUNNING")
    api.run = run("SUCCEEDED", step("start", "SUCCEEDED"), step("score", "SUCCEEDED"))
    expect(designer.card("score")).to_have_attribute("data-state", "SUCCEEDED")
    expect(designer.page.get_by_test_id("run-bar")).to_contain_text("Done")
    designer.page.get_by_role("button", name="Back to editing").click()
    expect(designer.card("score")).to_have_attribute("data-state", "")


def test_the_items_of_a_loop_are_counted_on_the_card(open_designer: Callable[[DesignerApi], Opened]) -> None:
    counted = step("tag", "RUNNING", parent="each", items={"items": 7043, "done": 1200, "failed": 0})
    designer = open_designer(DesignerApi(document(), STEP_TYPES, run("RUNNING", counted)))
    designer.page.get_by_role("button", name="Run", exact=True).click()
    designer.page.get_by_role("button", name="Start run").click()
    expect(designer.card("tag")).to_contain_text("1,200 / 7,043")


def test_the_run_page_shares_one_selection_between_graph_timeline_and_step(
    page: Page, open_designer: Callable[[DesignerApi], Opened]
) -> None:
    failed = step("score", "FAILED", error={"code": "no_model", "message": "There is no model yet."})
    designer = open_designer(DesignerApi(document(), STEP_TYPES, run("FAILED", step("start", "SUCCEEDED"), failed)))
    page.goto(f"{designer.address}/runs/r1/")
    expect(page.get_by_test_id("run-state")).to_have_attribute("data-state", "FAILED")
    page.get_by_test_id("gantt").get_by_role("button", name="Score churn").click()
    expect(page.get_by_test_id("step-panel")).to_contain_text("There is no model yet.")
    expect(designer.card("score")).to_have_class("step-card detail-full family-ai is-selected")
    page.get_by_role("tab", name="Input").click()
    expect(page.get_by_test_id("step-panel")).to_contain_text("From Start")
    designer.card("start").click()
    expect(page.get_by_test_id("step-panel")).to_contain_text("Start")


def test_a_failed_case_is_told_by_its_differences_and_can_be_passed_over(designer: Opened) -> None:
    message = "Case “Big order”: step pay took the port no instead of yes."
    fault = {"field": "Big order", "node": "", "code": "case_failed", "message": message}
    designer.api.refusal = {"status": 422, "code": "case_failed", "detail": "One case fails.", "errors": [fault]}
    designer.page.get_by_role("button", name="Review & publish").click()
    designer.page.get_by_role("button", name="Publish", exact=True).click()
    cases = designer.page.get_by_test_id("failed-cases")
    expect(cases).to_contain_text("Big order")
    expect(cases.get_by_role("listitem")).to_have_text("step pay took the port no instead of yes.")
    assert designer.api.published["number"] == 1
    designer.page.get_by_role("button", name="Publish anyway").click()
    expect(designer.page.get_by_text("Version 2 is live")).to_be_visible()


def test_runs_on_older_versions_are_moved_if_the_person_says_so(designer: Opened) -> None:
    stays = {"id": "r1", "number": 7, "can_move": False, "why_not": "The step “Old” is gone."}
    designer.api.in_flight = {"total": 3, "results": [stays]}
    designer.page.get_by_role("button", name="Review & publish").click()
    designer.page.get_by_role("button", name="Publish", exact=True).click()
    choice = designer.page.get_by_test_id("in-flight")
    expect(choice.get_by_label("Let them finish on their version")).to_be_checked()
    choice.get_by_label("Move them to the new version").check()
    expect(choice).to_contain_text("Run #7 stays: The step “Old” is gone.")
    choice.get_by_role("button", name="Move the runs").click()
    expect(designer.page.get_by_text("3 runs are on their way")).to_be_visible()
    assert [asked["choice"] for asked in designer.api.choices] == ["move"]


def test_a_decision_that_a_step_waits_for_is_one_click_away(
    page: Page, open_designer: Callable[[DesignerApi], Opened]
) -> None:
    asking = step("score", "WAITING", decide=True, wait="waits for a person to decide")
    found = run("RUNNING", step("start", "SUCCEEDED"), asking)
    found["rights"]["decide"] = True
    designer = open_designer(DesignerApi(document(), STEP_TYPES, found))
    page.goto(f"{designer.address}/runs/r1/")
    designer.card("score").click()
    panel = page.get_by_test_id("step-panel")
    expect(panel).to_contain_text("waits for a person to decide")
    expect(panel.get_by_role("link", name="Decide")).to_have_attribute("href", "/runs/r1/steps/score/0/decision/")


def test_a_run_that_is_rolled_back_shows_its_undo_steps_and_those_that_were_added(
    page: Page, open_designer: Callable[[DesignerApi], Opened]
) -> None:
    found = run("ROLLING_BACK", step("start", "SUCCEEDED"), step("score", "FAILED"))
    found["finished_at"] = None
    api = DesignerApi(document(), STEP_TYPES, found)
    designer = open_designer(api)
    page.goto(f"{designer.address}/runs/r1/")
    expect(page.get_by_test_id("run-state")).to_contain_text("Rolling back")
    grown = copy.deepcopy(found)
    grown["document"]["nodes"].append({"id": "back", "type": "tag_customer", "label": "Untag", "undoes": "score"})
    grown["steps"].append(step("back", "RUNNING", undoes="score"))
    api.run = grown
    expect(designer.card("back")).to_have_attribute("data-state", "RUNNING")
    expect(page.get_by_test_id("undo-line-back")).to_be_attached()
