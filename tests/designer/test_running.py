"""Publishing, starting a run and watching it."""

from __future__ import annotations

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
    label = next(item["label"] for item in document()["nodes"] if item["id"] == node)
    empty = {"output": None, "error": None, "port": None, "wait": None, "items": None, "truncated": False}
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
