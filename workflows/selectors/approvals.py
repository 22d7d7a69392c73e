"""The approvals inbox: what is asked, of whom, and the items of each a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Func, IntegerField, Q, QuerySet

from crm.actors import Actor
from crm.errors import NotFound
from crm.models import Customer
from crm.models.members import Role
from crm.permissions import scope
from workflows.models import Approval, ApprovalState
from workflows.selectors.runs import may_see_values

JSON = Any
PAGE = 50


class ArrayLength(Func):
    function = "jsonb_array_length"
    output_field = IntegerField()


@dataclass(frozen=True)
class ApprovalPage:
    approvals: Sequence[Approval]
    next: str  # pass as `after`; empty at the end


@dataclass(frozen=True)
class ItemPage:
    """Some items with their positions in the whole list."""

    items: list[tuple[int, JSON]]
    total: int
    start: int

    @property
    def next(self) -> int | None:
        end = self.start + len(self.items)
        return end if end < self.total else None


def visible_approvals(actor: Actor) -> QuerySet[Approval]:
    """All, or for who may not read every customer, those asked of its role about customers it may see."""
    found = Approval.objects.select_related("workflow", "customer", "decided_by").annotate(
        item_count=ArrayLength("items")
    )
    if may_see_values(actor):
        return scope(actor, found, "read")
    return scope(actor, found.filter(role=actor.role), "decide")


def asked_of(actor: Actor, approvals: QuerySet[Approval]) -> QuerySet[Approval]:
    """Those that the actor is asked to decide."""
    if actor.role in (Role.ADMIN, Role.MANAGER):
        return approvals.exclude(role=Role.ADMIN) if actor.role == Role.MANAGER else approvals
    return scope(actor, approvals.filter(role=actor.role), "decide")


def list_open(*, actor: Actor, after: str = "", limit: int = PAGE) -> ApprovalPage:
    """What the actor is asked, most urgent first."""
    found = asked_of(actor, visible_approvals(actor)).filter(state=ApprovalState.OPEN).defer("items")
    ordered = found.order_by(F("due_at").asc(nulls_last=True), "pk")
    last = visible_approvals(actor).filter(pk=int(after)).first() if after.isdigit() else None
    if last is not None:
        same = Q(due_at=last.due_at, pk__gt=last.pk) if last.due_at else Q(due_at__isnull=True, pk__gt=last.pk)
        later = Q(due_at__gt=last.due_at) | Q(due_at__isnull=True) if last.due_at else Q(pk__in=[])
        ordered = ordered.filter(same | later)
    return _page(ordered, limit)


def list_decided(*, actor: Actor, after: str = "", limit: int = PAGE) -> ApprovalPage:
    """What was decided, latest first."""
    found = visible_approvals(actor).exclude(state=ApprovalState.OPEN).defer("items").order_by("-pk")
    return _page(found.filter(pk__lt=int(after)) if after.isdigit() else found, limit)


def about_customer(*, actor: Actor, customer: Customer, limit: int = PAGE) -> Sequence[Approval]:
    """What was and is asked about a customer, open questions first."""
    found = visible_approvals(actor).filter(customer=customer).defer("items")
    return list(found.order_by(F("decided_at").desc(nulls_first=True), "-pk")[:limit])


def count_open(actor: Actor) -> int:
    return asked_of(actor, scope(actor, Approval.objects.all(), "read")).filter(state=ApprovalState.OPEN).count()


def _page(found: QuerySet[Approval], limit: int) -> ApprovalPage:
    approvals = list(found[: limit + 1])
    return ApprovalPage(approvals[:limit], str(approvals[limit - 1].pk) if len(approvals) > limit else "")


def get_approval(*, actor: Actor, approval_id: int) -> Approval:
    approval = visible_approvals(actor).filter(pk=approval_id).first()
    if approval is None:
        raise NotFound("There is no such approval.")
    return approval


def items_of(approval: Approval, *, start: int = 0, limit: int = PAGE) -> ItemPage:
    start = max(0, start)
    items: list[JSON] = approval.items[start : start + limit]
    return ItemPage(list(enumerate(items, start=start)), len(approval.items), start)
