"""Templates hold to the content policy and never switch escaping off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.rules import ROOT

FAULTS = {
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "an inline style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a script without a nonce": re.compile(r"<script(?![^>]*(\bsrc\s*=|\bnonce\s*=|application/json))", re.IGNORECASE),
    "a style block without a nonce": re.compile(r"<style(?![^>]*\bnonce\s*=)", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "unescaped text": re.compile(r"\|\s*safe\b|{%\s*autoescape\s+off"),
}


def templates() -> Iterator[Path]:
    for folder in ("templates", "config/templates", "crm/templates", "workflows/templates", "agents/templates"):
        yield from (ROOT / folder).rglob("*.html")


def faults(text: str) -> list[str]:
    return [name for name, pattern in FAULTS.items() if pattern.search(text)]


def test_every_template_keeps_the_rules() -> None:
    broken = {str(path.relative_to(ROOT)): found for path in templates() if (found := faults(path.read_text()))}
    assert broken == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<a onclick="x()">', "an inline handler"),
        ('<p class="a" style="color:red">', "an inline style"),
        ("<script>x()</script>", "a script without a nonce"),
        ("<style>p {}</style>", "a style block without a nonce"),
        ('<a href="javascript:x()">', "a javascript: address"),
        ("{{ note|safe }}", "unescaped text"),
    ],
)
def test_a_planted_fault_is_found(text: str, fault: str) -> None:
    assert fault in faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script src=\"{% static 'app.js' %}\" defer></script>",
        '<script nonce="{{ CSP_NONCE }}">x()</script>',
        '<script id="data" type="application/json">{}</script>',
        "{{ note }}",
    ],
)
def test_what_is_allowed_passes(text: str) -> None:
    assert faults(text) == []
