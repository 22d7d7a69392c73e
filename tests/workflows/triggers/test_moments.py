"""Before or after a date, and responses that are due: once for each record and date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone

from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Customer, CustomField, Service, ServiceRequest
from crm.services.requests import move_request, update_request
from tests.workflows.triggers.conftest import Listen, at_once, inputs, killed, look, publish_again
from workflows.engine import moments
from workflows.models import MomentFire, Run, Trigger, Workflow

pytestmark = pytest.mark.django_db(transaction=True)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def service(customer: Customer, end: datetime) -> Service:
    return Service.objects.create(customer=customer, type="Internet", start_time=end - 400 * DAY, end_time=end)


def long_published(**changes: Any) -> None:
    """As if the workflow had been published a year ago."""
    Trigger.objects.update(since=timezone.now() - 365 * DAY, **changes)


def hours_before_end(listen: Listen, hours: int = 2, **config: Any) -> Workflow:
    workflow = listen("trigger_relative_date", unit="hours", amount=hours, **config)
    long_published()
    return workflow


def test_it_fires_once_when_the_moment_comes(listen: Listen, ann: Customer, now: datetime) -> None:
    hours_before_end(listen)
    mine = service(ann, now + 2 * HOUR - MINUTE)
    service(ann, now + 3 * HOUR)
    assert [look(), look()] == [1, 0]
    (given,) = inputs()
    assert (given["record"], given["id"], given["customer"]["name"]) == ("service", mine.pk, "Ann")
    assert datetime.fromisoformat(given["moment"]) == now - MINUTE


def test_a_moved_date_counts_anew(listen: Listen, ann: Customer, now: datetime) -> None:
    hours_before_end(listen)
    mine = service(ann, now + 2 * HOUR - MINUTE)
    look()
    Service.objects.filter(pk=mine.pk).update(end_time=now + 2 * HOUR - 2 * MINUTE)
    assert [look(), look()] == [1, 0]


def test_moments_before_the_publication_start_nothing(listen: Listen, ann: Customer, now: datetime) -> None:
    service(ann, now + 2 * HOUR - MINUTE)
    listen("trigger_relative_date", unit="hours", amount=2)
    assert look() == 0


def test_a_missed_moment_fires_late_within_the_grace(listen: Listen, ann: Customer, now: datetime) -> None:
    hours_before_end(listen, grace_hours=5)
    service(ann, now + 2 * HOUR - 4 * HOUR)
    service(ann, now + 2 * HOUR - 6 * HOUR)
    assert look() == 1


def test_another_publication_keeps_what_has_fired(listen: Listen, manager: Actor, ann: Customer, now: datetime) -> None:
    workflow = hours_before_end(listen)
    service(ann, now + 2 * HOUR - MINUTE)
    assert look() == 1
    publish_again(manager, workflow, "trigger_relative_date", unit="hours", amount=2)
    assert look() == 0


def test_a_trigger_that_is_taken_out_and_put_back_begins_anew(
    listen: Listen, manager: Actor, ann: Customer, now: datetime
) -> None:
    workflow = hours_before_end(listen)
    service(ann, now + 2 * HOUR - MINUTE)
    assert look() == 1
    publish_again(manager, workflow, "trigger_person")
    assert not MomentFire.objects.exists()
    publish_again(manager, workflow, "trigger_relative_date", unit="hours", amount=2)
    assert look() == 0


def test_what_fired_long_ago_is_forgotten_and_fires_no_more(listen: Listen, ann: Customer, now: datetime) -> None:
    hours_before_end(listen, grace_hours=1)
    service(ann, now + 2 * HOUR - MINUTE)
    look()
    MomentFire.objects.update(moment=now - 3 * DAY)
    Service.objects.update(end_time=now - DAY, start_time=now - 400 * DAY)
    assert look() == 0
    assert not MomentFire.objects.exists()


def test_workers_that_look_at_once_start_one_run(listen: Listen, ann: Customer, now: datetime) -> None:
    hours_before_end(listen)
    service(ann, now + 2 * HOUR - MINUTE)
    at_once(look)
    assert Run.objects.count() == 1


def test_a_worker_killed_in_the_middle_neither_loses_nor_doubles_it(
    listen: Listen, ann: Customer, now: datetime
) -> None:
    hours_before_end(listen)
    service(ann, now + 2 * HOUR - MINUTE)
    with killed():
        assert look() == 1
    assert (Run.objects.count(), MomentFire.objects.count()) == (0, 0)
    assert [look(), look()] == [1, 0]


def test_more_than_fit_in_one_transaction_all_fire(
    listen: Listen, ann: Customer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments, "MOST", 2)
    hours_before_end(listen)
    for minute in range(1, 6):
        service(ann, now + 2 * HOUR - minute * MINUTE)
    assert [look(), look(), look(), look()] == [2, 2, 1, 0]


def fired_at(trigger: Trigger, moment: datetime) -> int:
    with transaction.atomic():
        return moments.fire(trigger, moment)


@pytest.mark.parametrize(
    ("end", "moment"),
    [
        # 09:00 in Berlin: 08:00 UTC in winter, 07:00 in summer; the clocks are set forward in between.
        ("2026-04-20T22:30+02:00", "2026-03-21T08:00+00:00"),
        ("2026-05-20T00:30+02:00", "2026-04-20T07:00+00:00"),
        ("2026-11-20T12:00+01:00", "2026-10-21T07:00+00:00"),
    ],
)
def test_days_are_counted_on_the_calendar_of_the_time_zone(
    listen: Listen, ann: Customer, end: str, moment: str
) -> None:
    listen("trigger_relative_date", amount=30, at="09:00", timezone="Europe/Berlin")
    long_published()
    Trigger.objects.update(since=datetime(2026, 1, 1, tzinfo=UTC))
    service(ann, datetime.fromisoformat(end))
    trigger, at = Trigger.objects.get(), datetime.fromisoformat(moment)
    assert fired_at(trigger, at - timedelta(seconds=1)) == 0
    assert fired_at(trigger, at) == 1


def test_a_custom_date_of_a_customer(listen: Listen, ann: Customer) -> None:
    CustomField.objects.create(record="customer", key="renewal", label="Renewal", type="date")
    listen(
        "trigger_relative_date", record="customer", field="custom.renewal", amount=3, direction="after", grace_hours=72
    )
    long_published()
    today = timezone.now().astimezone(ZoneInfo("UTC")).date()
    Customer.objects.filter(pk=ann.pk).update(custom={"renewal": (today - 4 * DAY).isoformat()})
    assert [look(), look()] == [1, 0]
    assert inputs()[0]["date"] == (today - 4 * DAY).isoformat()


@pytest.mark.parametrize("field", ["status", "custom.gone", "id"])
def test_what_is_no_date_can_t_be_published(listen: Listen, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        listen("trigger_relative_date", field=field)
    assert refused.value.errors[0]["field"] == "field"


def asked(customer: Customer, ago: timedelta, priority: str = "high") -> ServiceRequest:
    return ServiceRequest.objects.create(
        customer=customer, subject="Help", priority=priority, request_time=timezone.now() - ago
    )


def kinds() -> list[str]:
    return sorted(given["kind"] for given in inputs())


def test_a_warning_and_then_a_breach_of_the_response_time(listen: Listen, ann: Customer) -> None:
    listen("trigger_sla", minutes_before=60)
    long_published()
    request = asked(ann, 7 * HOUR + MINUTE)
    assert [look(), look()] == [1, 0]
    assert kinds() == ["warning"]
    ServiceRequest.objects.update(request_time=request.request_time - HOUR)
    assert look() == 2  # another time to respond by: its warning, missed, and its breach
    assert kinds() == ["breach", "warning", "warning"]


def test_only_the_breach_if_so_asked(listen: Listen, ann: Customer) -> None:
    listen("trigger_sla", when="breach")
    long_published()
    request = asked(ann, 8 * HOUR + MINUTE)
    look()
    (given,) = inputs()
    assert (given["kind"], given["id"]) == ("breach", request.pk)
    assert datetime.fromisoformat(given["respond_by"]) == request.respond_by


def test_an_answered_request_is_never_late(listen: Listen, manager: Actor, ann: Customer) -> None:
    listen("trigger_sla")
    long_published()
    request = asked(ann, 8 * HOUR + MINUTE)
    move_request(actor=manager, request_id=request.pk, status="resolved")
    assert look() == 0


def test_a_higher_priority_brings_the_time_nearer(listen: Listen, manager: Actor, ann: Customer) -> None:
    listen("trigger_sla", when="breach")
    long_published()
    request = asked(ann, 5 * HOUR)
    assert look() == 0
    update_request(actor=manager, request_id=request.pk, changes={"priority": "urgent"})
    assert [look(), look()] == [1, 0]
