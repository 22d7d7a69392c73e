"""Workflows and their immutable versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Workflow(models.Model):
    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    draft = models.JSONField()
    # Every save of the draft raises it; a save based on an older one is refused.
    revision = models.PositiveIntegerField(default=1)
    draft_saved_at = models.DateTimeField(auto_now_add=True)
    published = models.ForeignKey(
        "workflows.Version", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Triggers start runs only while enabled; a person may start one at any time.
    enabled = models.BooleanField(default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The fingerprint of the text that was last applied to the draft; empty: none was.
    applied = models.CharField(max_length=16, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """A published graph. A database trigger refuses to change it."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    compiled = models.JSONField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)
    # Runs act with the rights of the member who published.
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "number"], name="version_number")]

    def __str__(self) -> str:
        return f"{self.workflow.name} v{self.number}"
