"""Who may call which view: default deny. A view that does not say what it needs is refused to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db.models import Model
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from crm import permissions
from crm.actors import Actor, actor_of
from crm.models import Member

if TYPE_CHECKING:  # the framework's views import this module by its setting
    from rest_framework.views import APIView

Kind = type[Model] | str
# The right that each method needs, of the view's kind of object or of one named here.
Actions = Mapping[str, str | tuple[str, Kind]]


class CanByRole(BasePermission):
    """Asks permissions.can() with the view's `kind` and its `actions` by HTTP method."""

    message = "Your role doesn't allow this. Ask an admin for the right."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, Member):
            return False
        if request.method not in view.allowed_methods:
            return True  # answered with 405, whoever asks
        needed = self._needed(request, view)
        return needed is not None and permissions.can(actor_of_request(request), *needed)

    def has_object_permission(self, request: Request, view: APIView, obj: object) -> bool:
        needed = self._needed(request, view)
        return (
            needed is not None and isinstance(obj, Model) and permissions.can(actor_of_request(request), needed[0], obj)
        )

    def _needed(self, request: Request, view: APIView) -> tuple[str, Kind] | None:
        kind: Kind | None = getattr(view, "kind", None)
        actions: Actions = getattr(view, "actions", {})
        action = actions.get("GET" if request.method == "HEAD" else request.method or "")
        if isinstance(action, tuple):
            return action
        return (action, kind) if action and kind else None


def actor_of_request(request: Request) -> Actor:
    """The member who asks, with the role and teams of this moment."""
    known = getattr(request, "rapport_actor", None)
    if isinstance(known, Actor):
        return known
    member = request.user
    if not isinstance(member, Member):
        raise TypeError("only members act")
    actor = actor_of(member)
    request.rapport_actor = actor  # type: ignore[attr-defined]
    return actor
