"""Drawing a workflow."""

from __future__ import annotations

import json

from playwright.sync_api import FilePayload, expect

from tests.designer.conftest import Opened


def test_a_dragged_step_is_saved_where_it_was_dropped(designer: Opened) -> None:
    box = designer.card("score").bounding_box()
    designer.page.mouse.move(box["x"] + 60, box["y"] + 20)
    designer.page.mouse.down()
    designer.page.mouse.move(box["x"] + 60, box["y"] + 220, steps=5)
    designer.page.mouse.up()
    expect(designer.page.get_by_title("Undo: Move Score churn")).to_be_enabled()
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 2")
    assert designer.saved()["layout"]["score"]["y"] >= 150


def test_a_changed_field_is_saved(designer: Opened) -> None:
    designer.card("score").click()
    designer.page.get_by_label("Threshold").fill("0.85")
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 2")
    assert designer.node("score")["config"] == {"threshold": 0.85}


def test_undo_and_redo_take_back_a_field_and_bring_it_again(designer: Opened) -> None:
    designer.card("score").click()
    field = designer.page.get_by_label("Threshold")
    field.fill("0.85")
    designer.page.keyboard.press("Control+z")
    expect(field).to_have_value("0.7")
    designer.page.keyboard.press("Control+y")
    expect(field).to_have_value("0.85")


def test_the_history_list_goes_back_to_where_the_workflow_was_opened(designer: Opened) -> None:
    designer.card("score").click()
    designer.page.get_by_label("Threshold").fill("0.85")
    designer.page.get_by_label("Step name").fill("Rate")
    designer.page.get_by_label("History of edits").click()
    expect(designer.page.get_by_text("Change threshold of Score churn")).to_be_visible()
    designer.page.get_by_role("button", name="As opened").click()
    expect(designer.page.get_by_label("Threshold")).to_have_value("0.7")


def test_a_click_in_the_palette_adds_the_step_after_the_selected_one(designer: Opened) -> None:
    designer.card("start").click()
    designer.page.get_by_test_id("palette-if").click()
    expect(designer.card("if")).to_be_visible()
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 2")
    edges = designer.saved()["edges"]
    assert {"from": "start", "to": "if"} in edges
    assert {"from": "if", "to": "score", "port": "yes"} in edges


def test_a_step_dragged_from_the_palette_into_the_loop_becomes_part_of_it(designer: Opened) -> None:
    designer.page.get_by_test_id("palette-score_churn").drag_to(
        designer.card("each"), target_position={"x": 200, "y": 164}
    )
    expect(designer.card("score_churn")).to_be_visible()
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 2")
    assert designer.node("score_churn")["parent"] == "each"


def test_the_plus_on_an_edge_inserts_a_step_there(designer: Opened) -> None:
    designer.page.get_by_test_id("insert-start-score").click()
    designer.page.get_by_test_id("step-menu").get_by_text("Tag customer").click()
    expect(designer.card("tag_customer")).to_be_visible()
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 2")
    edges = designer.saved()["edges"]
    assert {"from": "start", "to": "tag_customer"} in edges
    assert {"from": "tag_customer", "to": "score"} in edges
    assert {"from": "start", "to": "score"} not in edges


def test_two_ports_are_connected_by_dragging(designer: Opened) -> None:
    designer.page.get_by_test_id("palette-if").drag_to(
        designer.page.locator(".react-flow__pane"), target_position={"x": 300, "y": 600}
    )
    source = designer.page.locator(".react-flow__node[data-id=start] .react-flow__handle-right")
    target = designer.page.locator(".react-flow__node[data-id=if] .react-flow__handle-left")
    source.drag_to(target)
    expect(designer.page.get_by_title("Undo: Connect Start to If")).to_be_enabled()


def test_a_deleted_step_takes_its_edges_along_and_undo_brings_both_back(designer: Opened) -> None:
    designer.card("score").click()
    designer.page.keyboard.press("Delete")
    expect(designer.card("score")).to_have_count(0)
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 2")
    assert designer.saved()["edges"] == []
    designer.page.keyboard.press("Control+z")
    expect(designer.card("score")).to_be_visible()
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 3")
    assert len(designer.saved()["edges"]) == 2


def test_a_duplicated_loop_brings_its_body(designer: Opened) -> None:
    designer.card("each").click(position={"x": 100, "y": 20})
    designer.page.keyboard.press("Control+d")
    expect(designer.card("map")).to_be_visible()
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 2")
    assert designer.node("tag_customer")["parent"] == "map"


def test_a_field_becomes_an_expression_and_is_typed(designer: Opened) -> None:
    designer.card("score").click()
    designer.page.locator("[data-field=text]").get_by_role("button", name="Use an expression").click()
    designer.page.get_by_role("textbox", name="Text").fill("input.text")
    expect(designer.page.locator("[data-field=text]")).to_contain_text("Reads well")
    assert designer.node("score")["config"]["text"] == {"$expr": "input.text"}


def test_tidy_layout_is_one_edit(designer: Opened) -> None:
    designer.page.get_by_role("button", name="Tidy layout").click()
    expect(designer.page.get_by_title("Undo: Tidy layout")).to_be_enabled()


def test_an_imported_file_replaces_the_workflow_and_can_be_undone(designer: Opened) -> None:
    imported = {"name": "Other", "nodes": [{"id": "a", "type": "trigger_person", "label": "Alone"}], "edges": []}
    designer.page.get_by_role("button", name="More").click()
    payload = FilePayload(name="w.json", mimeType="application/json", buffer=json.dumps(imported).encode())
    designer.page.get_by_label("Workflow file").set_input_files(payload)
    expect(designer.card("a")).to_be_visible()
    expect(designer.card("score")).to_have_count(0)
    designer.page.keyboard.press("Escape")
    designer.page.keyboard.press("Control+z")
    expect(designer.card("score")).to_be_visible()


def test_who_may_not_edit_sees_the_workflow_and_no_way_to_change_it(designer: Opened) -> None:
    designer.api.rights = {"edit": False, "publish": False, "run": False}
    designer.reload()
    expect(designer.page.get_by_label("Steps")).to_have_count(0)
    designer.card("score").click()
    expect(designer.page.get_by_label("Threshold")).not_to_be_editable()
    designer.page.keyboard.press("Delete")
    expect(designer.card("score")).to_be_visible()
    assert designer.api.saves == []
