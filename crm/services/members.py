"""Administers members and teams."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from crm import audit, permissions
from crm.actors import Actor
from crm.errors import InvalidInput
from crm.models import Member, RefreshToken, Role, Team
from crm.services.changes import changed_values
from crm.validation import Problems, clean_fields, refuse

FIELDS = ("username", "first_name", "last_name", "email", "role", "is_active")
# Who may open the admin console at all; what is shown there follows the rights.
_STAFF = (Role.ADMIN, Role.MANAGER)


def create_member(
    *,
    actor: Actor,
    username: str,
    password: str | None,
    role: str,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    team_ids: Collection[int] = (),
) -> Member:
    """Without a password nobody can log in as the member until one is set."""
    permissions.require(actor, "create", Member)
    given = {
        "username": username,
        "role": role,
        "first_name": first_name,
        "last_name": last_name,
        "email": email,
    }
    member = Member()
    with transaction.atomic():
        _apply(member, given)
        if password is not None:
            _check_password(password, member)
        member.set_password(password)
        member.save()
        member.teams.set(_teams(team_ids))
        audit.record_one(actor=actor, action="member.create", target=member, after=snapshot(member))
    return member


def snapshot(member: Member) -> dict[str, Any]:
    values = {name: getattr(member, name) for name in FIELDS}
    return {**values, "team_ids": sorted(member.teams.values_list("pk", flat=True))}


def _apply(member: Member, changes: Mapping[str, Any]) -> None:
    problems = Problems()
    for name in changes.keys() - set(FIELDS):
        problems.add(name, "A member has no such field that can be changed.", "unknown_field")
    values = clean_fields(Member, {name: changes[name] for name in FIELDS if name in changes}, problems)
    for name, value in values.items():
        setattr(member, name, value)
    if Member.objects.filter(username__iexact=member.username).exclude(pk=member.pk).exists():
        problems.add("username", "Another member has this name.", "taken")
    problems.raise_if_any()
    member.is_staff = member.role in _STAFF
    member.is_superuser = member.role == Role.ADMIN


def _check_password(password: str, member: Member) -> None:
    try:
        validate_password(password, member)
    except ValidationError as error:
        raise refuse("password", " ".join(error.messages), "weak") from error


def _teams(team_ids: Collection[int]) -> list[Team]:
    teams = list(Team.objects.filter(pk__in=team_ids))
    if len(teams) < len(set(team_ids)):
        raise refuse("team_ids", "There is no such team.", "unknown")
    return teams


def update_member(
    *, actor: Actor, member_id: int, changes: Mapping[str, Any], team_ids: Collection[int] | None = None
) -> Member:
    """A changed role or a deactivation ends the member's tokens at once."""
    with transaction.atomic():
        member = _lock(actor, "update", member_id)
        before = snapshot(member)
        _apply(member, changes)
        if member.is_active != before["is_active"] or member.role != before["role"]:
            member.session_version += 1
        member.save()
        if team_ids is not None:
            member.teams.set(_teams(team_ids))
        _check_admin_left()
        slim = changed_values(audit.Change(member, before, snapshot(member)))
        if slim.after:
            audit.record(actor=actor, action="member.update", changes=[slim])
    return member


def delete_member(*, actor: Actor, member_id: int) -> None:
    """For members who never did anything; others are deactivated, so that their names stay."""
    with transaction.atomic():
        member = _lock(actor, "delete", member_id)
        audit.record_one(actor=actor, action="member.delete", target=member, before=snapshot(member))
        member.delete()
        _check_admin_left()


def _lock(actor: Actor, action: str, member_id: int) -> Member:
    return permissions.rows(actor, action, Member.objects.select_for_update(of=("self",)), [member_id])[member_id]


def _check_admin_left() -> None:
    if not Member.objects.filter(role=Role.ADMIN, is_active=True).exists():
        raise InvalidInput("An installation needs an active admin; make somebody else one first.", code="last_admin")


def set_password(*, actor: Actor, member_id: int, password: str) -> None:
    """Also ends the member's sessions and tokens."""
    with transaction.atomic():
        member = Member.objects.select_for_update(of=("self",)).filter(pk=member_id).first()
        if member is None or actor.member_id != member_id:
            member = _lock(actor, "update", member_id)
        _check_password(password, member)
        member.set_password(password)
        member.session_version += 1
        member.save(update_fields=["password", "session_version"])
        audit.record_one(actor=actor, action="member.password", target=member)


def revoke_tokens(*, actor: Actor, member_id: int) -> None:
    """Ends every token of the member at once."""
    with transaction.atomic():
        member = _lock(actor, "update", member_id)
        Member.objects.filter(pk=member_id).update(session_version=F("session_version") + 1)
        RefreshToken.objects.filter(member=member).delete()
        audit.record_one(actor=actor, action="member.revoke_tokens", target=member)


def create_team(*, actor: Actor, name: str) -> Team:
    permissions.require(actor, "create", Team)
    return _save_team(actor, Team(), name, "team.create")


def rename_team(*, actor: Actor, team_id: int, name: str) -> Team:
    with transaction.atomic():
        team = permissions.rows(actor, "update", Team.objects.select_for_update(), [team_id])[team_id]
        return _save_team(actor, team, name, "team.update")


def _save_team(actor: Actor, team: Team, name: str, action: str) -> Team:
    problems = Problems()
    values = clean_fields(Team, {"name": name}, problems)
    problems.raise_if_any()
    if Team.objects.filter(name__iexact=values["name"]).exclude(pk=team.pk).exists():
        raise refuse("name", "There is a team of this name already.", "taken")
    before = {"name": team.name} if team.pk else {}
    team.name = values["name"]
    with transaction.atomic():
        team.save()
        audit.record_one(actor=actor, action=action, target=team, before=before, after={"name": team.name})
    return team


def delete_team(*, actor: Actor, team_id: int) -> None:
    with transaction.atomic():
        team = permissions.rows(actor, "delete", Team.objects.select_for_update(), [team_id])[team_id]
        before = {"name": team.name, "members": sorted(team.members.values_list("pk", flat=True))}
        audit.record_one(actor=actor, action="team.delete", target=team, before=before)
        team.delete()
