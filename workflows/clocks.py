"""Time zones and cron expressions, as triggers write them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim


def is_time_zone(value: str) -> str:
    """The name itself; a ValueError that says what to write, if it names none."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is no time zone. Write it like Europe/Berlin.") from error
    return value


def fires(cron: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """The times after `after`, on the clocks of the time zone.

    As Debian's cron does it: a time that the clocks skip comes right after the gap, one that they repeat comes once;
    of expressions for every minute or hour, each real one counts.
    """
    return CronSim(cron, after.astimezone(ZoneInfo(timezone)))


def next_fire(cron: str, timezone: str, after: datetime) -> datetime:
    return next(fires(cron, timezone, after))


def next_fires(cron: str, timezone: str, after: datetime, count: int) -> list[datetime]:
    return list(islice(fires(cron, timezone, after), count))


def fires_between(cron: str, timezone: str, first: datetime, last: datetime, most: int) -> list[datetime]:
    """The times from `first` to `last`, both included, oldest first; if there are more than `most`, the latest."""
    found: list[datetime] = []
    # Backwards, so that a schedule of every minute that was down for a year costs no more than one of a day.
    for moment in CronSim(cron, last.astimezone(ZoneInfo(timezone)).replace(microsecond=1), reverse=True):
        if moment < first or len(found) == most:
            break
        found.append(moment)
    return found[::-1]
