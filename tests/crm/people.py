"""The members whom the tests of the CRM know."""

from __future__ import annotations

from dataclasses import dataclass

from crm.actors import Actor, actor_of
from crm.models import Member, Role, Team

PASSWORD = "a-long-enough-word"


@dataclass(frozen=True)
class People:
    """The owner and the colleague are operators of one team, the stranger of another."""

    admin: Actor
    manager: Actor
    builder: Actor
    viewer: Actor
    owner: Actor
    colleague: Actor
    stranger: Actor
    team: Team

    def all(self) -> list[Actor]:
        return [self.admin, self.manager, self.builder, self.viewer, self.owner, self.colleague, self.stranger]


def make_member(name: str, role: Role, team: Team | None = None) -> Member:
    member = Member.objects.create_user(name, password=PASSWORD, role=role)
    if team:
        member.teams.add(team)
    return member


def make_people() -> People:
    north, south = Team.objects.create(name="North"), Team.objects.create(name="South")
    return People(
        admin=actor_of(make_member("ada", Role.ADMIN)),
        manager=actor_of(make_member("max", Role.MANAGER)),
        builder=actor_of(make_member("bea", Role.BUILDER)),
        viewer=actor_of(make_member("vic", Role.VIEWER)),
        owner=actor_of(make_member("olga", Role.OPERATOR, north)),
        colleague=actor_of(make_member("carl", Role.OPERATOR, north)),
        stranger=actor_of(make_member("sam", Role.OPERATOR, south)),
        team=north,
    )
