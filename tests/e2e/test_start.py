"""The product comes up, goes down and comes up again, whatever happened in between."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from config import leftovers
from tests.e2e.product import Product

pytestmark = pytest.mark.e2e

# Ten on a quiet machine; the suite shares its machine with whatever else runs.
SECOND_START_SECONDS = 15


def left_of(product: Product) -> list[int]:
    processes = leftovers.marked(product.data)
    processes += leftovers.in_folder(product.data / "postgres", "postgres")
    processes += leftovers.in_folder(product.data / "valkey", "valkey-server")
    return [process.pid for process in processes]


@pytest.mark.parametrize("role", ["admin", "manager", "builder", "operator", "viewer"])
def test_each_role_of_the_demo_can_log_in(log_in: Callable[[str], Page], role: str) -> None:
    page = log_in(role)
    expect(page).to_have_title("Home · Rapport")


def test_the_site_listens_on_this_machine_only(product: Product) -> None:
    host = socket.gethostbyname(socket.gethostname())
    with socket.socket() as probe:
        refused = host.startswith("127.") or probe.connect_ex((host, product.port)) != 0
    assert refused


def test_the_page_to_try_the_api_works_under_the_strict_policy(page: Page, product: Product) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{product.url}/api/docs/")
    expect(page.get_by_text("/api/v1/customers").first).to_be_visible()
    assert complaints == []


def test_ctrl_c_ends_everything_and_the_next_start_is_quick(product: Product) -> None:
    assert product.stop() == 0
    assert left_of(product) == []
    assert product.start() < SECOND_START_SECONDS


def test_after_a_kill_it_starts_again_with_one_of_each_process(product: Product) -> None:
    product.kill()
    left_behind = left_of(product)
    assert left_behind != []
    product.start()
    assert set(left_of(product)).isdisjoint(left_behind)
