"""The whole product, with a database that survives what is done to it."""

from __future__ import annotations

from tests.e2e.conftest import product

__all__ = ["product"]
