"""Churn scores with their reasons; one row each time a customer is scored."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Score(models.Model):
    customer = models.ForeignKey("crm.Customer", on_delete=models.CASCADE, related_name="scores")
    at = models.DateTimeField(default=timezone.now)
    probability = models.FloatField()
    base = models.FloatField()
    # [{"field", "value", "contribution"}], contributions in log-odds, largest first.
    reasons = models.JSONField(default=list)
    model = models.CharField(max_length=120)
    features_hash = models.CharField(max_length=64)
    run_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="score_is_probability", condition=models.Q(probability__range=(0, 1))),
        ]
        indexes = [models.Index(fields=["customer", "-at", "-id"], name="score_newest")]

    def __str__(self) -> str:
        return f"{self.probability:.2f}"
