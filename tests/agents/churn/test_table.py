"""What the fields of an unknown table are taken for."""

from __future__ import annotations

import pytest

from agents.churn.table import Field, read_field


def kind_of(values: list[object]) -> str:
    found = read_field("field", values)
    return found.kind if isinstance(found, Field) else found


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1.5", "2", "", "7"] * 50, "number"),
        ([1.5, 2, None, 7] * 50, "number"),
        (["Yes", "No"] * 50, "flag"),
        ([True, False, None] * 50, "flag"),
        (["1", "0"] * 50, "flag"),
        (["red", "green"] * 50, "category"),
        (["Yes", "No", "No internet service"] * 50, "category"),
        (["gold", None] * 50, "category"),
    ],
)
def test_a_field_is_what_its_values_are(values: list[object], kind: str) -> None:
    assert kind_of(values) == kind


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["same"] * 100, "always the same"),
        ([None] * 100, "always the same"),
        ([f"person{i}@example.com" for i in range(100)], "free text"),
        (list(range(1000, 1100)), "a different number"),
        ([str(13800000000 + 7919 * i * i) for i in range(100)], "a different number"),
        ([f"2024-01-{day:02}" for day in range(1, 29)] * 4, "a date"),
        ([["a"], ["b"]] * 50, "holds lists"),
    ],
)
def test_a_field_that_teaches_nothing_is_dropped_with_its_reason(values: list[object], reason: str) -> None:
    assert kind_of(values).startswith(reason)


def test_a_stray_word_among_numbers_counts_as_missing() -> None:
    found = read_field("charges", [*map(str, [1.5, 2.5, 3, 4] * 50), "n.n."])
    assert isinstance(found, Field)
    assert (found.kind, found.missing) == ("number", True)


def test_rare_levels_share_a_column() -> None:
    found = read_field("city", ["Beijing"] * 60 + ["Shanghai"] * 50 + ["Lhasa"] * 3)
    assert isinstance(found, Field)
    assert (found.levels, found.rare) == (("Beijing", "Shanghai"), True)
