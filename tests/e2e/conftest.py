"""The whole product, started as `make run` starts it, and the browser that drives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e import chromium

START_SECONDS = 150
# Playwright keeps an event loop on this thread to the end of the session, and Django would take every
# database call of a later test for one made from async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@dataclass(frozen=True)
class Product:
    url: str
    data: Path
    process: subprocess.Popen[bytes]


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The product with its demo on a free port: own servers, web, agents, scheduler and mail catcher."""
    data, port = tmp_path_factory.mktemp("product"), _free_port()
    kept = {key: value for key, value in os.environ.items() if key not in _TEST_ONLY}
    environment = {**kept, "RAPPORT_DATA_DIR": str(data), "PORT": str(port)}
    log = (data / "launch.log").open("wb")
    command = [sys.executable, "-m", "config.launch"]
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait(f"http://127.0.0.1:{port}/readyz", process, data)
        yield Product(f"http://127.0.0.1:{port}", data, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        log.close()


# The suite's own settings and servers; the product must come up with neither.
_TEST_ONLY = {"DJANGO_SETTINGS_MODULE", "RAPPORT_TEST_DIR", "DATABASE_URL", "BROKER_URL"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], data: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The product did not start:\n{(data / 'launch.log').read_text()[-4000:]}")


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
