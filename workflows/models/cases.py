"""Tests of workflows, saved from runs."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class WorkflowCase(models.Model):
    workflow = models.ForeignKey("workflows.Workflow", on_delete=models.CASCADE, related_name="cases")
    name = models.CharField(max_length=120)
    # What `workflows.graph.cases.Case` reads.
    content = models.JSONField()
    saved_from = models.UUIDField(null=True)  # a run, or none for a case that came as a file
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["workflow", "name"], name="case_name")]

    def __str__(self) -> str:
        return self.name
