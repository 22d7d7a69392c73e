"""The entries of a customer's timeline."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class ActivityKind(models.TextChoices):
    NOTE = "note", "Note"
    CALL = "call", "Call"
    MAIL = "mail", "Mail"
    REQUEST = "request", "Request"
    SERVICE = "service", "Service"
    SCORE = "score", "Score"
    TAG = "tag", "Tag"
    CHANGE = "change", "Change"
    WORKFLOW = "workflow", "Workflow"


class Activity(models.Model):
    customer = models.ForeignKey("crm.Customer", on_delete=models.CASCADE, related_name="activities")
    kind = models.CharField(max_length=20, choices=ActivityKind)
    at = models.DateTimeField(default=timezone.now)
    # Id and name as text: the entry outlives the member or workflow that wrote it.
    actor_id = models.CharField(max_length=60)
    actor_name = models.CharField(max_length=150)
    summary = models.CharField(max_length=500)
    body = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)
    # What did it: the run, its step, the workflow version and the model, where a workflow did.
    run_id = models.UUIDField(null=True, blank=True)
    node = models.CharField(max_length=40, blank=True)
    workflow_version = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name_plural = "activities"
        indexes = [
            models.Index(fields=["customer", "-at", "-id"], name="activity_timeline"),
            models.Index(fields=["-at", "-id"], name="activity_recent"),
            models.Index(fields=["run_id"], name="activity_by_run", condition=models.Q(run_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.summary
