"""Saves a list page's query string under a name."""

from __future__ import annotations

from django.db import transaction

from crm import audit, permissions
from crm.actors import Actor
from crm.errors import NotAllowed
from crm.models import SavedView
from crm.validation import Problems, clean_fields


def save_view(*, actor: Actor, page: str, name: str, query: str) -> SavedView:
    """A view of the same page and name is replaced."""
    permissions.require(actor, "create", SavedView)
    if actor.member_id is None:
        raise NotAllowed("Only members keep views.")
    problems = Problems()
    values = clean_fields(SavedView, {"page": page, "name": name, "query": query.lstrip("?")}, problems)
    problems.raise_if_any()
    with transaction.atomic():
        view, created = SavedView.objects.update_or_create(
            member_id=actor.member_id,
            page=values["page"],
            name=values["name"],
            defaults={"query": values["query"]},
        )
        action = "view.create" if created else "view.update"
        audit.record_one(actor=actor, action=action, target=view, after={"page": view.page, "query": view.query})
    return view


def delete_view(*, actor: Actor, view_id: int) -> None:
    with transaction.atomic():
        view = permissions.rows(actor, "delete", SavedView.objects.select_for_update(), [view_id])[view_id]
        audit.record_one(actor=actor, action="view.delete", target=view, before={"page": view.page})
        view.delete()
