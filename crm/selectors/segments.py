"""Reads segments and the customers in them."""

from __future__ import annotations

from django.db.models import QuerySet

from crm import permissions
from crm.actors import Actor
from crm.errors import NotFound
from crm.models import Customer, Segment
from crm.selectors.conditions import condition_query


def segment_customers(*, actor: Actor, segment: Segment) -> QuerySet[Customer]:
    """The segment's customers that the actor may read."""
    return permissions.scope(actor, Customer.objects.filter(condition_query(segment.condition)))


def list_segments(*, actor: Actor) -> QuerySet[Segment]:
    return permissions.scope(actor, Segment.objects.select_related("created_by"))


def get_segment(*, actor: Actor, segment_id: int) -> Segment:
    segment = list_segments(actor=actor).filter(pk=segment_id).first()
    if segment is None:
        raise NotFound(f"There is no segment {segment_id}; it may have been deleted.")
    return segment
