"""Which sums and ratios are made, from names alone."""

from __future__ import annotations

import pytest

from agents.churn.derive import derive, last_word
from agents.churn.table import Field


@pytest.mark.parametrize(
    "name", ["MonthlyCharges", "monthly_charges", "Monthly charge", "monthly-charges", "monthlyCHARGES"]
)
def test_a_name_ends_in_the_same_word_however_it_is_written(name: str) -> None:
    assert last_word(name) == "charge"


def test_a_name_of_one_word_has_no_suffix() -> None:
    assert last_word("charges") is None


def test_numbers_of_one_suffix_give_a_sum_and_both_ratios() -> None:
    fields = [Field("dayCost", "number", 2.0), Field("age", "number", 40.0), Field("yearCost", "number", 700.0)]
    assert [(each.operation, each.of) for each in derive(fields)] == [
        ("sum", (0, 2)),
        ("ratio", (0, 2)),
        ("ratio", (2, 0)),
    ]


def test_a_category_is_never_divided() -> None:
    assert derive([Field("payment_type", "category", "card", ("card",)), Field("phone_type", "number", 1.0)]) == []
