"""A client of the product's API, as another program would be one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.e2e.product import Product


class Client:
    def __init__(self, product: Product, username: str = "manager") -> None:
        self.http = httpx.Client(base_url=f"{product.url}/api/v1/", timeout=60)
        self.username = username
        self.log_in()

    def log_in(self) -> None:
        given = {"username": self.username, "password": "rapport-demo"}
        token = self.http.post("auth/token", json=given).raise_for_status().json()["access"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def post(self, path: str, body: Any) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()

    def put(self, path: str, body: Any) -> Any:
        return self.http.put(path, json=body).raise_for_status().json()

    def wait_until(self, holds: Callable[[], Any], seconds: float = 180) -> Any:
        until = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < until, "it did not come true in time"
            time.sleep(0.1)
        return found
