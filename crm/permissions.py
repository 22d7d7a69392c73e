"""Rights: one table, asked for a single object by can() and for rows by scope(). Default deny."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from crm.actors import Actor
from crm.errors import NotAllowed, NotFound
from crm.models import Customer
from crm.models.members import Role

M = TypeVar("M", bound=Model)


class Scope(StrEnum):
    ALL = "all"
    TEAM = "team"  # the actor's teams' rows, its own, and those of no owner and no team
    OWN = "own"


Rights = Mapping[tuple[str, str], Scope]

CRM = ("customer", "service", "servicerequest", "activity", "segment", "tag", "score", "customfield")
OF_CUSTOMERS = ("customer", "service", "servicerequest", "activity", "score")
RUNNING = ("workflow", "version", "run", "approval")
READ_ONLY = ("read",)
WRITE = ("read", "create", "update")


_LARGEST_ID = 2**63 - 1


def _grant(kinds: tuple[str, ...], actions: tuple[str, ...], scope: Scope = Scope.ALL) -> dict[tuple[str, str], Scope]:
    return {(kind, action): scope for kind in kinds for action in actions}


_VIEWER: Rights = {
    **_grant(CRM + RUNNING, READ_ONLY),
    **_grant(("agent", "model", "member", "team"), READ_ONLY),
    **_grant(("savedview",), (*WRITE, "delete"), Scope.OWN),
}
_OPERATOR: Rights = {
    **_VIEWER,
    **_grant(OF_CUSTOMERS, READ_ONLY, Scope.TEAM),
    **_grant(("customer", "service", "servicerequest", "activity"), WRITE, Scope.TEAM),
    **_grant(("customer", "servicerequest"), ("score", "tag"), Scope.TEAM),
    **_grant(("approval",), ("decide",), Scope.TEAM),
    **_grant(("model",), ("predict",)),
}
_BUILDER: Rights = {
    **_VIEWER,
    **_grant(("workflow",), ("create", "update", "publish", "run")),
    **_grant(("run",), ("cancel", "retry")),
    **_grant(("segment",), WRITE),
    **_grant(("model",), ("predict",)),
    **_grant(("connection",), ("use",)),
}
_MANAGER: Rights = {
    **_OPERATOR,
    **_BUILDER,
    **_grant(CRM, (*WRITE, "delete", "score", "tag")),
    **_grant(("approval",), ("decide",)),
    **_grant(("import",), (*WRITE, "undo")),
    **_grant(("audit",), READ_ONLY),
    **_grant(("model",), ("train", "promote")),
    **_grant(("agent",), ("simulate",)),
}
_WORKER: Rights = _grant(("remote",), ("work",))

RIGHTS: Mapping[Role, Rights] = {
    Role.VIEWER: _VIEWER,
    Role.OPERATOR: _OPERATOR,
    Role.BUILDER: _BUILDER,
    Role.MANAGER: _MANAGER,
    Role.WORKER: _WORKER,
}


def scope_of(actor: Actor, action: str, kind: str) -> Scope | None:
    if actor.role == Role.ADMIN:
        return Scope.ALL
    return RIGHTS[actor.role].get((kind, action))


def _kind_of(target: Model | type[Model] | str) -> str:
    if isinstance(target, str):
        return target
    name = target._meta.model_name
    return {"auditentry": "audit"}.get(name or "", name or "")


def _rows_of(actor: Actor, scope: Scope, model: type[Model]) -> Q:
    """The rows of `model` that lie inside `scope`, by the customer they belong to where they belong to one."""
    if scope is Scope.ALL:
        return Q()
    fields = {field.name for field in model._meta.concrete_fields}
    nothing = Q(pk__in=[])
    if "member" in fields:
        return Q(member_id=actor.member_id) if actor.member_id else nothing
    path = "" if "owner" in fields else "customer__" if "customer" in fields else None
    if path is None:
        return Q()
    own = Q(**{f"{path}owner_id": actor.member_id}) if actor.member_id else nothing
    if "assignee" in fields and actor.member_id:
        own |= Q(assignee_id=actor.member_id)
    if scope is Scope.OWN:
        return own
    in_teams = Customer.teams.through.objects.all()
    of_nobody = Q(**{f"{path}owner__isnull": True}) & ~Q(**{f"{path}pk__in": in_teams.values("customer_id")})
    of_teams = in_teams.filter(team_id__in=actor.team_ids).values("customer_id")
    return own | of_nobody | (Q(**{f"{path}pk__in": of_teams}) if actor.team_ids else nothing)


def can(actor: Actor, action: str, target: Model | type[Model] | str) -> bool:
    """Whether the actor may do this to the object, or to some object of the kind."""
    scope = scope_of(actor, action, _kind_of(target))
    if scope is None:
        return False
    if scope is Scope.ALL or isinstance(target, (str, type)) or target.pk is None:
        return True
    model = type(target)
    return model._default_manager.filter(_rows_of(actor, scope, model), pk=target.pk).exists()


def require(actor: Actor, action: str, target: Model | type[Model] | str) -> None:
    if not can(actor, action, target):
        raise NotAllowed(
            f"Your role ({actor.role.label}) may not {action} this {_kind_of(target)}. Ask an admin for the right."
        )


def scope(actor: Actor, queryset: QuerySet[M], action: str = "read", kind: str | None = None) -> QuerySet[M]:
    """The rows on which the actor may act; with `kind`, those to which it may add, for instance, a request."""
    granted = scope_of(actor, action, kind or _kind_of(queryset.model))
    if granted is None:
        return queryset.none()
    if granted is Scope.ALL:
        return queryset
    return queryset.filter(_rows_of(actor, granted, queryset.model))


def rows(
    actor: Actor, action: str, queryset: QuerySet[M], ids: Collection[int], kind: str | None = None
) -> dict[int, M]:
    """The rows by id, if the actor may act on all of them; what it may not even read does not exist for it."""
    require(actor, action, kind or queryset.model)
    possible = [pk for pk in ids if 0 < pk <= _LARGEST_ID]
    found = {row.pk: row for row in scope(actor, queryset.filter(pk__in=possible), action, kind)}
    missing = sorted(set(ids) - set(found))
    if missing:
        name = queryset.model._meta.verbose_name
        if scope(actor, queryset.model._default_manager.filter(pk__in=set(possible) - set(found))).exists():
            raise NotAllowed(f"You may read, but not {action}, {name} {missing[0]}: it belongs to another team.")
        raise NotFound(f"There is no {name} {missing[0]}; it may have been deleted.")
    return found
