"""The main job, from log-in to a customer's timeline, in a browser against the running product."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

THRESHOLD = "0.84"
SECONDS = 60_000


def move_a_step(page: Page) -> None:
    box = page.locator("[data-node-id=score]").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 90, steps=5)
    page.mouse.up()


def change_the_threshold(page: Page) -> None:
    page.locator("[data-node-id=at_risk]").first.click()
    editor = page.get_by_test_id("inspector").get_by_role("textbox", name="customers")
    editor.fill(f"steps.score.output.customers.filter(c, c.probability >= {THRESHOLD})")
    page.get_by_label("Step name").fill(f"At risk of {THRESHOLD} and more")


def publish(page: Page) -> None:
    page.get_by_role("button", name="Review & publish").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile("^Publish")).click()
    expect(page.get_by_text("v2 live")).to_be_visible(timeout=SECONDS)


def test_the_main_job_from_log_in_to_timeline(log_in: Callable[[str], Page], product: Product) -> None:
    page = log_in("manager")
    page.get_by_role("link", name="Workflows", exact=True).click()
    page.get_by_role("link", name="Churn rescue").first.click()
    expect(page.locator("[data-node-id=approve]").first).to_be_visible()

    move_a_step(page)
    change_the_threshold(page)
    expect(page.get_by_test_id("save-status")).to_contain_text(re.compile(r"Saved · revision [3-9]"), timeout=SECONDS)
    dismiss = page.get_by_role("dialog").get_by_role("button", name="Close")
    publish(page)
    if dismiss.is_visible():
        dismiss.click()

    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Start run").click()
    approve = page.locator("[data-node-id=approve]").first
    expect(approve).to_have_attribute("data-state", "WAITING", timeout=SECONDS)
    expect(page.locator("[data-node-id=score]").first).to_have_attribute("data-state", "SUCCEEDED")

    struck, kept = approve_all_but_the_first(page, product.url)
    expect_the_story_on_the_timeline(page, kept)
    expect_no_request_for(page, product.url, struck)


def approve_all_but_the_first(page: Page, site: str) -> tuple[str, str]:
    """The name of the customer struck out, and the address of one that was kept."""
    page.goto(f"{site}/approvals/")
    newest = page.locator(".inbox-line").filter(has_text="Churn rescue").filter(has_not_text="#2 ")
    newest.first.click()
    expect(page.get_by_role("heading", name="What will happen")).to_be_visible()
    names = page.locator("table.items tbody th[scope=row]")
    struck, kept = names.nth(0).inner_text(), names.nth(1).locator("a")
    risk = page.locator("table.items tbody tr").first
    expect(risk).to_contain_text("0.8")
    page.get_by_role("checkbox", name=f"Strike out {struck}", exact=True).first.check()
    page.get_by_label("Reason").fill("We are talking to the first one already.")
    address = kept.get_attribute("href")
    assert address
    page.get_by_role("button", name="Approve", exact=True).click()
    page.get_by_role("link", name="Decided").click()
    page.locator(".inbox-line").first.click()
    expect(page.get_by_text("1 struck out")).to_be_visible(timeout=SECONDS)
    return struck, f"{site}{address}"


def expect_the_story_on_the_timeline(page: Page, address: str) -> None:
    """What happened, why, by which version and which model."""
    page.goto(address)
    note = page.get_by_text(re.compile(r"Churn rescue: request \d+ opened"))
    wait_for(page, note)
    expect(page.get_by_text("Churn rescue v2").first).to_be_visible()
    expect(page.get_by_text("Tagged “churn-rescue”")).to_be_visible()
    expect(page.get_by_text(re.compile(r"model churn v1")).first).to_be_visible()
    page.get_by_role("link", name="Open run").first.click()
    expect(page.get_by_test_id("run-state")).to_have_attribute("data-state", "SUCCEEDED", timeout=SECONDS)


def wait_for(page: Page, found: object) -> None:
    """The page as it stood may be older than the run's end: look again until it tells."""
    for _ in range(30):
        if found.first.is_visible():  # type: ignore[attr-defined]
            return
        page.reload()
    expect(found).to_be_visible()  # type: ignore[call-overload]


def expect_no_request_for(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/requests/?q={quote(name)}")
    expect(page.get_by_text(f"Keep {name}")).to_have_count(0)
