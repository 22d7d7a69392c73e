"""The running product, and the browser that drives it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e import chromium
from tests.e2e.product import Product

# Playwright keeps an event loop on this thread to the end of the session, and Django would take every
# database call of a later test for one made from async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with its demo: own servers, web, agents, scheduler and mail catcher."""
    running = Product(tmp_path_factory.mktemp("product"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def base_url(product: Product) -> str:
    return product.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    return {**browser_type_launch_args, "executable_path": chromium.ensure(), "args": flags + quiet}


@pytest.fixture
def log_in(page: Page, product: Product) -> Callable[[str], Page]:
    """Log a demo member in through the page that people use."""

    def enter(username: str) -> Page:
        page.goto(f"{product.url}/login/")
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill("rapport-demo")
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return enter
