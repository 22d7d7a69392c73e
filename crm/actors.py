"""Who acts: a member, or a workflow's run acting with the rights of a role."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm.models.members import Role

if TYPE_CHECKING:
    from crm.models import Member


@dataclass(frozen=True)
class Actor:
    id: str
    name: str
    role: Role
    member_id: int | None = None
    team_ids: frozenset[int] = field(default=frozenset())


SYSTEM = Actor(id="system", name="Rapport", role=Role.ADMIN)


def actor_of(member: Member) -> Actor:
    return Actor(
        id=f"member:{member.pk}",
        name=str(member),
        role=Role(member.role),
        member_id=member.pk,
        team_ids=frozenset(member.teams.values_list("pk", flat=True)),
    )
