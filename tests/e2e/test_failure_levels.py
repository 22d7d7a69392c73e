"""The three levels of failure on screen: tried again by the agent, put to a person, rolled back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

SECONDS = 60_000
ORDERS = "/workflows/order-fulfilment/"
# Of the sample input. The demo's own orders may be paid for meanwhile.
ORDER = "A-2003"


def set_warehouse(page: Page, site: str, button: str) -> None:
    page.goto(f"{site}/dev/payments/")
    page.get_by_role("button", name=button).click()


def run_an_order(page: Page, site: str) -> str:
    """Starts a run with the sample order; answers the address of its page."""
    page.goto(f"{site}{ORDERS}")
    page.get_by_role("button", name="Run", exact=True).click()
    with page.expect_response(lambda answer: answer.url.endswith("/runs") and answer.request.method == "POST") as got:
        page.get_by_role("button", name="Start run").click()
    expect(page.locator("[data-node-id=ship]").first).to_have_attribute("data-state", "WAITING", timeout=SECONDS)
    address = f"{site}/runs/{got.value.json()['id']}/"
    page.goto(address)
    return address


def decide(page: Page, verdict: str, reason: str) -> None:
    decision = page.get_by_role("link", name="Decide what follows")
    expect(decision).to_be_visible(timeout=SECONDS)
    decision.click()
    tries = page.get_by_role("region", name="Its tries").locator("tbody tr")
    expect(tries).to_have_count(3)
    expect(page.get_by_role("region", name="What happened")).to_contain_text("503")
    page.locator("label.verdict").filter(has_text=verdict).get_by_role("radio").check()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Record the decision").click()


def test_a_refused_order_is_tried_again_decided_upon_and_rolled_back(
    log_in: Callable[[str], Page], product: Product
) -> None:
    page = log_in("manager")
    set_warehouse(page, product.url, "Close the warehouse")

    address = run_an_order(page, product.url)
    decide(page, "It failed", "The customer does not want to wait.")
    page.goto(address)
    state = page.get_by_test_id("run-state")
    expect(state).to_have_attribute("data-state", "FAILED", timeout=SECONDS)
    expect(page.get_by_text("What was undone")).to_be_visible(timeout=SECONDS)
    page.goto(f"{product.url}/dev/payments/")
    expect(page.get_by_role("row").filter(has_text=ORDER)).to_contain_text("Refunded")

    address = run_an_order(page, product.url)
    expect(page.get_by_role("link", name="Decide what follows")).to_be_visible(timeout=SECONDS)
    set_warehouse(page, product.url, "Open the warehouse")
    page.goto(address)
    decide(page, "Try it again", "The warehouse is open again.")
    page.goto(address)
    expect(state).to_have_attribute("data-state", "SUCCEEDED", timeout=SECONDS)
    page.get_by_text("What people did").click()
    expect(page.get_by_text("The warehouse is open again.")).to_be_visible()
