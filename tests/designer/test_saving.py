"""Autosave: nothing is lost, whatever happens to the server, the tab or the draft."""

from __future__ import annotations

import copy

from playwright.sync_api import expect

from tests.designer.conftest import Opened


def test_edits_wait_while_the_server_is_down_and_go_out_when_it_is_back(designer: Opened) -> None:
    designer.api.is_down = True
    designer.card("score").click()
    designer.page.get_by_label("Threshold").fill("0.85")
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("Offline, kept here")
    designer.api.is_down = False
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 2", timeout=10_000)
    assert designer.node("score")["config"]["threshold"] == 0.85


def test_edits_of_a_killed_tab_come_back(designer: Opened) -> None:
    designer.api.is_down = True
    designer.card("score").click()
    designer.page.get_by_label("Threshold").fill("0.85")
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("Offline, kept here")
    context = designer.page.context
    designer.page.close()
    designer.api.is_down = False
    designer.page = context.new_page()
    designer.reload()
    # A dying tab may still get its edit through; in either case it is there.
    designer.card("score").click()
    expect(designer.page.get_by_label("Threshold")).to_have_value("0.85")
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 2")
    assert designer.node("score")["config"]["threshold"] == 0.85


def test_edits_of_two_people_at_different_places_are_merged(designer: Opened) -> None:
    _colleague_sets(designer, "tag", {"tag": "call soon"})
    designer.card("score").click()
    designer.page.get_by_label("Threshold").fill("0.85")
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 3")
    assert designer.node("score")["config"]["threshold"] == 0.85
    assert designer.node("tag")["config"]["tag"] == "call soon"


def test_edits_of_two_people_at_the_same_place_are_put_to_the_person(designer: Opened) -> None:
    _colleague_sets(designer, "score", {"threshold": 0.5})
    designer.card("score").click()
    designer.page.get_by_label("Threshold").fill("0.85")
    expect(designer.page.get_by_role("dialog", name="Somebody else changed this too")).to_be_visible()
    assert designer.node_on_server("score")["config"]["threshold"] == 0.5
    designer.page.get_by_role("button", name="Keep all mine").click()
    expect(designer.page.get_by_test_id("save-status")).to_contain_text("revision 3")
    assert designer.node("score")["config"]["threshold"] == 0.85


def test_taking_the_other_side_leaves_the_server_as_it_is(designer: Opened) -> None:
    _colleague_sets(designer, "score", {"threshold": 0.5})
    designer.card("score").click()
    designer.page.get_by_label("Threshold").fill("0.85")
    designer.page.get_by_role("button", name="Take all theirs").click()
    expect(designer.page.get_by_label("Threshold")).to_have_value("0.5")
    assert designer.node("score")["config"]["threshold"] == 0.5


def _colleague_sets(designer: Opened, node: str, config: dict[str, object]) -> None:
    document = copy.deepcopy(designer.api.document)
    next(item for item in document["nodes"] if item["id"] == node)["config"] = config
    designer.api.document, designer.api.revision = document, designer.api.revision + 1
