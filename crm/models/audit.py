"""The audit trail: who did what to which record. Append-only, by trigger."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class AuditEntry(models.Model):
    at = models.DateTimeField(db_default=Now())
    # Id and name as text: the entry outlives the actor.
    actor_id = models.CharField(max_length=60)
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=60)
    object_label = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    # One id per act of a member or step: a bulk edit is one operation of many entries.
    operation = models.UUIDField(default=uuid.uuid4)
    request_id = models.CharField(max_length=64, blank=True)
    run_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_of_record"),
            models.Index(fields=["actor_id", "-id"], name="audit_of_actor"),
            models.Index(fields=["run_id"], name="audit_of_run", condition=models.Q(run_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_label}"
