"""Schedules: times that were missed, and clocks that are set forward and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from tests.workflows.triggers.conftest import Listen, at_once
from workflows.clocks import fires_between, next_fires
from workflows.engine import schedule
from workflows.engine.due import fire_due_triggers
from workflows.models import Run, ScheduleFire, Trigger
from workflows.selectors.triggers import next_times

BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_time_that_the_clocks_skip_comes_right_after_the_gap() -> None:
    found = next_fires("30 2 * * *", BERLIN, utc("2026-03-28T12:00"), 2)
    assert [at.isoformat() for at in found] == ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]


def test_a_time_that_the_clocks_repeat_comes_once() -> None:
    found = next_fires("30 2 * * *", BERLIN, utc("2026-10-24T12:00"), 2)
    assert [at.isoformat() for at in found] == ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]


def test_every_half_hour_comes_in_both_of_the_repeated_hours() -> None:
    found = fires_between("*/30 * * * *", BERLIN, utc("2026-10-25T00:00"), utc("2026-10-25T02:00"), 100)
    assert len(found) == 5


@pytest.mark.parametrize("cron", ["30 2 * * *", "*/20 * * * *", "15 */2 * * *", "0 0 * * 0", "59 1,2,3 * * *"])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_looking_back_finds_what_looking_forward_finds(cron: str, day: str) -> None:
    first, last = utc(f"{day}T00:00") - timedelta(days=2), utc(f"{day}T00:00") + timedelta(days=2)
    forward = [at for at in next_fires(cron, BERLIN, first - timedelta(seconds=1), 500) if at <= last]
    assert fires_between(cron, BERLIN, first, last, 1_000) == forward


def fires(listen: Listen, missed: str, ago: timedelta, cron: str = "* * * * *") -> list[datetime]:
    """When the runs were meant to start, after nothing looked for a time."""
    listen("trigger_schedule", cron=cron, missed=missed)
    now = timezone.now().replace(second=30, microsecond=0)
    trigger = Trigger.objects.select_related("workflow").get()
    trigger.next_fire_at = (now - ago).replace(second=0)
    with transaction.atomic():
        schedule.fire(trigger, now)
    assert Trigger.objects.get().next_fire_at > now  # type: ignore[operator]
    return [datetime.fromisoformat(run.input["fired_at"]) for run in Run.objects.order_by("id")]


@pytest.mark.django_db(transaction=True)
def test_the_latest_of_those_missed_starts_one_run(listen: Listen) -> None:
    (at,) = fires(listen, "latest", timedelta(hours=5))
    assert timedelta(0) < timezone.now().replace(second=30) - at < timedelta(minutes=2)


@pytest.mark.django_db(transaction=True)
def test_all_those_missed_start_one_each_oldest_first(listen: Listen) -> None:
    found = fires(listen, "all", timedelta(minutes=9))
    assert len(found) == 10
    assert found == sorted(set(found))


@pytest.mark.django_db(transaction=True)
def test_no_more_than_the_latest_hundred_are_caught_up(listen: Listen) -> None:
    found = fires(listen, "all", timedelta(days=900))
    assert (len(found), found[-1] - found[0]) == (100, timedelta(minutes=99))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("ago", "runs"), [(timedelta(days=1), 0), (timedelta(0), 1)])
def test_skipped_are_those_missed_but_not_the_one_that_just_came(listen: Listen, ago: timedelta, runs: int) -> None:
    now = timezone.now()
    assert len(fires(listen, "skip", ago, f"{now.minute} {now.hour} * * *" if not ago else "0 0 1 1 *")) == runs


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_fire_once(listen: Listen) -> None:
    listen("trigger_schedule", cron="0 5 * * *")
    Trigger.objects.update(next_fire_at=timezone.now() - timedelta(days=1, minutes=1))
    at_once(fire_due_triggers)
    assert (Run.objects.count(), ScheduleFire.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_next_five_times_are_those_of_the_time_zone(listen: Listen) -> None:
    workflow = listen("trigger_schedule", cron="30 6 * * 1", timezone="Asia/Shanghai")
    ((words, times),) = next_times(workflow)
    assert words.endswith(", Asia/Shanghai")
    assert len(set(times)) == 5
    assert all(at.startswith("Mon ") and at.endswith(" 06:30") for at in times)
