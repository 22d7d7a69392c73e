"""Moments of records: so long before or after a date, or a response that is due. Each starts one run, ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Model

from crm.models import Customer, Service, ServiceRequest
from crm.models.requests import RequestStatus, response_hours
from workflows.engine.facts import facts_of
from workflows.engine.refused import Wanted, start_or_keep
from workflows.models import MomentFire, Trigger

Config = Mapping[str, Any]
LOOK_EVERY = timedelta(minutes=1)
# Started in one transaction; the rest follows at once.
MOST = 200
_KEPT_LONGER = timedelta(days=1)
# The dates that every installation has; custom fields of type date come to them.
DATES: Mapping[str, tuple[str, ...]] = {
    "service": ("start_time", "end_time"),
    "customer": ("created_at",),
    "request": ("request_time", "response_time"),
}
_MODELS: Mapping[str, type[Model]] = {"service": Service, "customer": Customer, "request": ServiceRequest}


@dataclass(frozen=True)
class Moment:
    at: datetime
    record_id: int
    value: str  # the date that it follows from; another one is another moment
    said: Mapping[str, str] = field(default_factory=dict)


def fire(trigger: Trigger, now: datetime) -> int:
    """The caller has locked the trigger. Answers how many runs started."""
    since = max(trigger.since, now - timedelta(hours=trigger.config["grace_hours"]))
    seen = set(MomentFire.objects.filter(trigger=trigger).values_list("record_id", "value"))
    found = _FINDERS[trigger.step_type](trigger.config, since, now)
    fresh = sorted(
        (one for one in found if (one.record_id, one.value) not in seen), key=lambda one: (one.at, one.record_id)
    )
    # Whatever lies before `since` is never asked about again, so its row has served.
    MomentFire.objects.filter(trigger=trigger, moment__lte=since - _KEPT_LONGER).delete()
    trigger.next_fire_at = now if len(fresh) > MOST else now + LOOK_EVERY
    trigger.save(update_fields=["next_fire_at"])
    return _start(trigger, fresh[:MOST])


def _start(trigger: Trigger, fresh: list[Moment]) -> int:
    MomentFire.objects.bulk_create(
        MomentFire(trigger=trigger, record_id=one.record_id, value=one.value, moment=one.at) for one in fresh
    )
    record = trigger.config.get("record") or "request"
    facts = facts_of(record, {one.record_id for one in fresh})
    started = 0
    for one in fresh:
        if one.record_id in facts:
            given = {**facts[one.record_id], **one.said, "moment": one.at.isoformat()}
            by = ("moment", f"{record.capitalize()} {one.record_id}")
            started += start_or_keep(trigger.workflow, Wanted(trigger.node, given, by)) is not None
    return started


def _around_dates(config: Config, since: datetime, until: datetime) -> Iterator[Moment]:
    """Moments of "so long before or after a date" that lie after `since`, up to `until`."""
    zone = ZoneInfo(config["timezone"])
    days = config["unit"] == "days"
    shift = timedelta(**{config["unit"]: config["amount"] if config["direction"] == "after" else -config["amount"]})
    at = time.fromisoformat(config["at"])
    # Wider than needed by a day on each side; what is too much falls out below.
    first = (since - shift).astimezone(zone) - timedelta(days=1)
    last = (until - shift).astimezone(zone) + timedelta(days=1)
    for pk, value in _values(config, first, last):
        local = value.astimezone(zone) if isinstance(value, datetime) else datetime.combine(value, time.min, zone)
        moment = datetime.combine(local.date() + shift, at, zone) if days else _later(local, shift)
        if since < moment <= until:
            yield Moment(moment, pk, local.date().isoformat() if days else local.isoformat(), {"date": _said(value)})


def _later(moment: datetime, shift: timedelta) -> datetime:
    """By hours that pass, not by those of a clock that is set forward or back in between."""
    utc = ZoneInfo("UTC")
    return (moment.astimezone(utc) + shift).astimezone(moment.tzinfo)


def _said(value: date) -> str:
    return value.isoformat()


def _values(config: Config, first: datetime, last: datetime) -> Iterator[tuple[int, date]]:
    name = config["field"]
    rows = _MODELS[config["record"]]._default_manager.order_by("pk")
    if not name.startswith("custom."):
        yield from rows.filter(**{f"{name}__gte": first, f"{name}__lte": last}).values_list("pk", name)
        return
    key = name.removeprefix("custom.")
    between = {f"custom__{key}__gte": first.date().isoformat(), f"custom__{key}__lte": last.date().isoformat()}
    for pk, text in rows.filter(custom__has_key=key, **between).values_list("pk", f"custom__{key}"):
        try:
            yield pk, date.fromisoformat(text)
        except (TypeError, ValueError):
            continue  # the field held something else before it was made a date


def _of_responses(config: Config, since: datetime, until: datetime) -> Iterator[Moment]:
    """Warnings and breaches of open requests that lie after `since`, up to `until`."""
    before = timedelta(minutes=config["minutes_before"])
    kinds = {"warning": before, "breach": timedelta(0)}
    for kind, ahead in kinds.items():
        if config["when"] not in (kind, "both"):
            continue
        for priority, hours in response_hours().items():
            target = timedelta(hours=hours)
            waiting = ServiceRequest.objects.exclude(status=RequestStatus.RESOLVED).filter(
                priority=priority,
                response_time__isnull=True,
                request_time__gt=since - target + ahead,
                request_time__lte=until - target + ahead,
            )
            for pk, asked in waiting.values_list("pk", "request_time"):
                due = asked + target
                said = {"kind": kind, "respond_by": due.isoformat()}
                yield Moment(due - ahead, pk, f"{kind}:{due.isoformat()}", said)


_FINDERS: Mapping[str, Callable[[Config, datetime, datetime], Iterator[Moment]]] = {
    "trigger_relative_date": _around_dates,
    "trigger_sla": _of_responses,
}
