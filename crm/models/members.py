"""Members: the people who use the installation, their teams, views and log-ins."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    MANAGER = "manager", "Manager"
    BUILDER = "builder", "Builder"
    OPERATOR = "operator", "Operator"
    VIEWER = "viewer", "Viewer"
    WORKER = "worker", "Remote worker"  # a program elsewhere: it carries out steps, and sees nothing else


class Team(models.Model):
    name = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name


class MemberManager(UserManager["Member"]):
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> Member:
        """For `manage.py createsuperuser`: the first admin."""
        return super().create_superuser(username, email, password, **{"role": Role.ADMIN, **extra})


class Member(AbstractUser):
    role = models.CharField(max_length=20, choices=Role, default=Role.VIEWER)
    teams = models.ManyToManyField(Team, blank=True, related_name="members")
    # Raised to revoke every token of the member at once.
    session_version = models.PositiveIntegerField(default=1)

    objects: ClassVar[MemberManager] = MemberManager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="member_role_known", condition=models.Q(role__in=Role.values)),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class SavedView(models.Model):
    """A named query string of a list page."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=50)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "page", "name"], name="saved_view_name")]

    def __str__(self) -> str:
        return self.name


class RefreshToken(models.Model):
    """One link in a family of refresh tokens; using a used link revokes the family."""

    jti_hash = models.CharField(max_length=64, unique=True)
    family = models.UUIDField(db_index=True)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    session_version = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.family)
