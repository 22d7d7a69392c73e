"""Environment readers fail loudly."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAPPORT_PROBE", raising=False)
    with pytest.raises(ImproperlyConfigured, match="RAPPORT_PROBE"):
        env.text("RAPPORT_PROBE")


def test_an_empty_variable_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_PROBE", "")
    with pytest.raises(ImproperlyConfigured, match="RAPPORT_PROBE"):
        env.text("RAPPORT_PROBE")


def test_a_default_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAPPORT_PROBE", raising=False)
    assert env.integer("RAPPORT_PROBE", 7) == 7
    assert env.boolean("RAPPORT_PROBE", True) is True
    assert env.names("RAPPORT_PROBE", "") == []


@pytest.mark.parametrize("read", [env.integer, env.boolean])
def test_a_value_of_the_wrong_type_is_refused(monkeypatch: pytest.MonkeyPatch, read: object) -> None:
    monkeypatch.setenv("RAPPORT_PROBE", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="perhaps"):
        read("RAPPORT_PROBE")  # type: ignore[operator]


@pytest.mark.parametrize(("text", "value"), [("1", True), ("yes", True), ("off", False), ("False", False)])
def test_a_boolean_is_read(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("RAPPORT_PROBE", text)
    assert env.boolean("RAPPORT_PROBE") is value


def test_a_list_loses_its_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_PROBE", " a, b ,,c")
    assert env.names("RAPPORT_PROBE") == ["a", "b", "c"]
