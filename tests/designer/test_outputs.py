"""Large outputs on the page of a run: a part at once, the whole when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from benchmarks.designer_page import DesignerApi
from tests.designer.conftest import STEP_TYPES, Opened, document
from tests.designer.test_running import run, step


class WithOutputs(DesignerApi):
    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if path == "/runs/r1/steps/score":
            return 200, {"node": "score", "item": 0, "output": {"last": "the very last"}}
        return super().answer(method, path, body)


def test_a_large_output_is_shown_in_part_and_whole_when_asked_for(
    open_designer: Callable[[DesignerApi], Opened],
) -> None:
    large = step("score", "SUCCEEDED", output={"first": "the very first"}, truncated=True)
    designer = open_designer(WithOutputs(document(), STEP_TYPES, run("SUCCEEDED", large)))
    page = designer.page
    page.goto(f"{designer.address}/runs/r1/")
    designer.card("score").click()
    page.get_by_role("tab", name="Output").click()
    expect(page.get_by_text("the very first")).to_be_visible()
    expect(page.get_by_text("the very last")).to_have_count(0)
    page.get_by_role("button", name="Show the whole output").click()
    expect(page.get_by_text("the very last")).to_be_visible()


def test_a_small_output_offers_nothing_more(open_designer: Callable[[DesignerApi], Opened]) -> None:
    small = step("score", "SUCCEEDED", output={"first": "the very first"})
    designer = open_designer(DesignerApi(document(), STEP_TYPES, run("SUCCEEDED", small)))
    designer.page.goto(f"{designer.address}/runs/r1/")
    designer.card("score").click()
    designer.page.get_by_role("tab", name="Output").click()
    expect(designer.page.get_by_text("the very first")).to_be_visible()
    expect(designer.page.get_by_role("button", name="Show the whole output")).to_have_count(0)
