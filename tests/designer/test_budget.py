"""The designer stays small."""

from __future__ import annotations

from benchmarks.designer import FIRST_LOAD_KB, first_load_bytes


def test_the_first_load_keeps_its_budget() -> None:
    assert first_load_bytes() / 1024 <= FIRST_LOAD_KB
