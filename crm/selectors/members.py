"""Reads members, teams, tags, scores and saved views."""

from __future__ import annotations

from django.db.models import QuerySet

from crm import permissions
from crm.actors import Actor
from crm.models import Member, SavedView, Score, Tag, Team


def list_members(*, actor: Actor) -> QuerySet[Member]:
    """Those who can log in."""
    members = Member.objects.filter(is_active=True).prefetch_related("teams").order_by("username")
    return permissions.scope(actor, members)


def list_teams(*, actor: Actor) -> QuerySet[Team]:
    return permissions.scope(actor, Team.objects.order_by("name"))


def list_tags(*, actor: Actor) -> QuerySet[Tag]:
    return permissions.scope(actor, Tag.objects.order_by("name"))


def list_views(*, actor: Actor, page: str) -> QuerySet[SavedView]:
    return permissions.scope(actor, SavedView.objects.filter(page=page).order_by("name"))


def newest_score(*, actor: Actor, customer_id: int) -> Score | None:
    scores = permissions.scope(actor, Score.objects.filter(customer_id=customer_id))
    return scores.order_by("-at", "-pk").first()


def recent_risks(*, actor: Actor, customer_id: int, most: int = 30) -> list[float]:
    """The customer's scores, oldest first."""
    scores = permissions.scope(actor, Score.objects.filter(customer_id=customer_id))
    return list(scores.order_by("-at", "-pk").values_list("probability", flat=True)[:most])[::-1]
