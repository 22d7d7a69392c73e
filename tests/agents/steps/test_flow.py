"""Delay, and what a For each hands to the engine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.agents.running import Ended, RunStep, finish
from tests.workflows.engine.conftest import sweep_now
from workflows import registry
from workflows.models import Step
from workflows.states import RunState, StepState
from workflows.steps import StepError


def wake_at(ended: Ended) -> datetime:
    found = Step.objects.get(run_id=ended.run.pk).wake_at
    assert found is not None
    return found


def test_a_delay_waits_by_the_database_s_clock_and_then_goes_on(run_step: RunStep) -> None:
    ended = run_step("delay", {"seconds": 3600})
    assert ended.state == StepState.WAITING
    assert timedelta(minutes=59) < wake_at(ended) - timezone.now() < timedelta(minutes=61)
    sweep_now()
    assert finish(ended.run).output == {"waited_seconds": 3600}


def test_a_delay_until_a_time_waits_for_it(run_step: RunStep) -> None:
    until = (timezone.now() + timedelta(days=30)).replace(microsecond=0)
    ended = run_step("delay", {"until": {"$expr": "input.until"}}, {"until": until.isoformat()})
    assert wake_at(ended) == until
    sweep_now()
    assert finish(ended.run).output == {"until": until.isoformat()}


def test_a_time_without_a_zone_is_utc(run_step: RunStep) -> None:
    ended = run_step("delay", {"until": "2100-01-01T09:00:00"})
    assert wake_at(ended).isoformat() == "2100-01-01T09:00:00+00:00"


def test_a_time_that_has_passed_is_no_wait(run_step: RunStep) -> None:
    ended = run_step("delay", {"until": "2020-01-01T09:00:00Z"})
    sweep_now()
    assert finish(ended.run).run.state == RunState.SUCCEEDED


def test_no_seconds_are_no_wait(run_step: RunStep) -> None:
    assert run_step("delay", {"seconds": 0}).run.state == RunState.SUCCEEDED


@pytest.mark.parametrize("config", [{}, {"seconds": 1, "until": "2030-01-01T00:00:00Z"}])
def test_a_delay_is_told_how_long_in_one_way(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either"):
        registry.get("delay").config.model_validate(config)


def test_a_for_each_takes_a_bounded_number_of_items() -> None:
    step_type = registry.get("map")
    config = step_type.config.model_validate({"items": [0] * 100_001})
    with pytest.raises(StepError, match="100,000"):
        step_type.run(None, config)  # type: ignore[arg-type]
