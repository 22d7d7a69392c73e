"""The registry of churn models. Rows are immutable but for their state, by trigger."""

from __future__ import annotations

from django.db import models


class ModelState(models.TextChoices):
    CHALLENGER = "challenger", "Challenger"  # -> champion, retired
    CHAMPION = "champion", "Champion"  # -> retired
    RETIRED = "retired", "Retired"  # -> champion (rollback)


class ChurnModel(models.Model):
    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=12, choices=ModelState, default=ModelState.CHALLENGER)
    label = models.CharField(max_length=100)  # the field that was learned, for instance "custom.churn"
    positive = models.CharField(max_length=100)
    data_hash = models.CharField(max_length=64)
    code_version = models.CharField(max_length=40)
    artefact = models.JSONField()
    sha256 = models.CharField(max_length=64)
    card = models.JSONField()  # metrics, calibration, top factors, parameters, rows
    trained_by = models.CharField(max_length=150)
    trained_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state=ModelState.CHAMPION), name="one_champion"
            ),
        ]

    def __str__(self) -> str:
        return f"churn v{self.number}"
