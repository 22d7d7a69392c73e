"""The designer on its own: a small workflow, an API in memory, a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from benchmarks.designer import FLAGS
from benchmarks.designer_page import DesignerApi, serve, step_type
from tests.e2e import chromium

NUMBER = {"type": "number", "title": "Threshold", "default": 0.7}
TEXT = {"type": "string", "title": "Text"}
EXPRESSION = {"title": "Condition", "x-widget": "expression"}

STEP_TYPES = [
    step_type("trigger_person", "trigger", text=TEXT),
    step_type("score_churn", "ai", threshold=NUMBER, text=TEXT),
    step_type("if", "decision", ports=("yes", "no"), condition=EXPRESSION),
    step_type("map", "flow", items={"title": "Items", "x-widget": "expression"}),
    step_type("tag_customer", "crm", tag={"type": "string", "title": "Tag"}),
]


def document() -> dict[str, Any]:
    return {
        "name": "Churn rescue",
        "nodes": [
            {"id": "start", "type": "trigger_person", "label": "Start", "config": {}},
            {"id": "score", "type": "score_churn", "label": "Score churn", "config": {"threshold": 0.7}},
            {"id": "each", "type": "map", "label": "For each", "config": {"items": {"$expr": "input.items"}}},
            {"id": "tag", "type": "tag_customer", "label": "Tag", "config": {"tag": "at risk"}, "parent": "each"},
        ],
        "edges": [{"from": "start", "to": "score"}, {"from": "score", "to": "each"}],
        "layout": {
            "start": {"x": 0, "y": 0},
            "score": {"x": 264, "y": 0},
            "each": {"x": 528, "y": 0},
            "tag": {"x": 64, "y": 88},
        },
    }


@dataclass
class Opened:
    """A designer that is open in a page, and the server behind it."""

    page: Page
    api: DesignerApi
    address: str

    def card(self, node: str) -> Any:
        return self.page.locator(f"[data-node-id={node}]")

    def saved(self) -> dict[str, Any]:
        """The server's draft once the designer says that it is saved."""
        expect(self.page.get_by_test_id("save-status")).to_contain_text("Saved")
        return dict(self.api.document)

    def node(self, node: str) -> dict[str, Any]:
        self.saved()
        return self.node_on_server(node)

    def node_on_server(self, node: str) -> dict[str, Any]:
        return next(dict(item) for item in self.api.document["nodes"] if item["id"] == node)

    def reload(self) -> None:
        self.page.goto(f"{self.address}/workflows/1/")
        expect(self.card("start")).to_be_visible()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": chromium.ensure(), "args": FLAGS}


@pytest.fixture
def open_designer(page: Page) -> Iterator[Callable[..., Opened]]:
    """Opens a workflow; what the page logs as an error fails the test."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Security Policy" in message.text else None)
    page.set_viewport_size({"width": 1440, "height": 900})
    servers = []

    def start(api: DesignerApi) -> Opened:
        server = serve(api)
        servers.append(server)
        designer = Opened(page, api, server.__enter__())
        designer.reload()
        return designer

    yield start
    for server in servers:
        server.__exit__(None, None, None)
    assert errors == []


@pytest.fixture
def designer(open_designer: Callable[..., Opened]) -> Opened:
    return open_designer(DesignerApi(document(), STEP_TYPES))
