"""What was asked of the churn model's training, and what came of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class TrainingState(models.TextChoices):
    QUEUED = "queued", "Queued"  # -> running
    RUNNING = "running", "Running"  # -> done, failed
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


OPEN_TRAINING = (TrainingState.QUEUED, TrainingState.RUNNING)


class Training(models.Model):
    state = models.CharField(max_length=10, choices=TrainingState, default=TrainingState.QUEUED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    model = models.ForeignKey("agents.ChurnModel", null=True, on_delete=models.PROTECT, related_name="+")
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(state__in=OPEN_TRAINING), name="one_training_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"training {self.pk}"
