"""Services: what a customer has."""

from __future__ import annotations

from django.db import models


class ServiceStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class Service(models.Model):
    customer = models.ForeignKey("crm.Customer", on_delete=models.CASCADE, related_name="services")
    type = models.CharField(max_length=100)
    status = models.CharField(max_length=20, choices=ServiceStatus, default=ServiceStatus.PENDING)
    start_time = models.DateTimeField()
    end_time = models.DateTimeField(null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="service_ends_after_start",
                condition=models.Q(end_time__isnull=True) | models.Q(end_time__gte=models.F("start_time")),
            ),
            models.CheckConstraint(name="service_status_known", condition=models.Q(status__in=ServiceStatus.values)),
        ]
        indexes = [
            models.Index(fields=["-start_time", "id"], name="service_by_start"),
            models.Index(fields=["status", "id"], name="service_by_status"),
        ]

    def __str__(self) -> str:
        return self.type
