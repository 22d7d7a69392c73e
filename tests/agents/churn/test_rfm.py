"""The seven segments for installations with too little data."""

from __future__ import annotations

import pytest

from agents.churn.rfm import History, name_segment, segment_customers


@pytest.mark.parametrize(
    ("scores", "name", "at_risk"),
    [
        ((5, 5, 5), "champion", False),
        ((3, 3, 3), "loyal", False),
        ((5, 1, 1), "new", False),
        ((3, 1, 2), "promising", False),
        ((1, 5, 5), "cannot lose", True),
        ((2, 3, 3), "at risk", True),
        ((1, 1, 1), "lost", True),
    ],
)
def test_each_segment_has_its_rule(scores: tuple[int, int, int], name: str, at_risk: bool) -> None:
    assert name_segment(*scores)[:2] == (name, at_risk)


def test_customers_are_judged_against_each_other() -> None:
    histories = [History(days_since_last=day, times=20 - day, value=100 - day) for day in range(10)]
    segments = segment_customers(histories)
    assert (segments[0].name, segments[-1].name) == ("champion", "lost")


def test_customers_of_one_kind_share_the_middle() -> None:
    assert {segment.recency for segment in segment_customers([History(3, 1, 10)] * 8)} == {3}


def test_no_customers_have_no_segments() -> None:
    assert segment_customers([]) == []
