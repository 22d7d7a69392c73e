"""What the home page says: figures, and what happened last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from crm import permissions
from crm.actors import Actor
from crm.models import Activity, Customer, Lifecycle, ServiceRequest
from crm.models.requests import Priority, RequestStatus

DAYS = 14
HIGH_RISK = 0.7


@dataclass(frozen=True)
class Figures:
    """Each with the days before, oldest first, where there are such."""

    open_requests: int
    urgent_requests: int
    high_risk: int
    at_risk: int
    new_customers: int
    requests_by_day: list[int]
    customers_by_day: list[int]


def home_figures(*, actor: Actor) -> Figures:
    since = timezone.now() - timedelta(days=DAYS)
    requests = permissions.scope(actor, ServiceRequest.objects.all())
    customers = permissions.scope(actor, Customer.objects.all())
    unresolved = requests.exclude(status=RequestStatus.RESOLVED)
    counted = unresolved.aggregate(open=Count("pk"), urgent=Count("pk", filter=Q(priority=Priority.URGENT)))
    requested = _by_day(requests.filter(request_time__gte=since), "request_time")
    added = _by_day(customers.filter(created_at__gte=since), "created_at")
    return Figures(
        open_requests=counted["open"],
        urgent_requests=counted["urgent"],
        high_risk=customers.filter(churn_risk__gte=HIGH_RISK).exclude(lifecycle=Lifecycle.CHURNED).count(),
        at_risk=customers.filter(lifecycle=Lifecycle.AT_RISK).count(),
        new_customers=sum(added),
        requests_by_day=requested,
        customers_by_day=added,
    )


def _by_day(rows: QuerySet[ServiceRequest] | QuerySet[Customer], moment: str) -> list[int]:
    grouped = rows.order_by().annotate(day=TruncDate(moment)).values("day").annotate(number=Count("pk"))
    numbers: Mapping[date, int] = {group["day"]: group["number"] for group in grouped}
    today = timezone.localdate()
    return [numbers.get(today - timedelta(days=back), 0) for back in range(DAYS - 1, -1, -1)]


_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Happening:
    """An activity, and how many more of the same act directly followed."""

    activity: Activity
    others: int


def last_happenings(*, actor: Actor, most: int = 10) -> list[Happening]:
    """The newest activities; what one run or one bulk change did to many customers is told once."""
    rows = permissions.scope(actor, Activity.objects.order_by("-at", "-pk"))
    newest = rows.values_list("pk", "kind", "actor_id", "run_id")[:_LOOKED_AT]
    groups = [[row[0] for row in group] for _, group in groupby(newest, key=_act_of)][:most]
    found = Activity.objects.select_related("customer").in_bulk([group[0] for group in groups])
    return [Happening(found[group[0]], len(group) - 1) for group in groups if group[0] in found]


def _act_of(row: tuple[int, str, str, UUID | None]) -> tuple[object, ...]:
    _pk, kind, actor_id, run_id = row
    return (run_id,) if run_id else (kind, actor_id)
