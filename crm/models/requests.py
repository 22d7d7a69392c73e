"""Service requests: what a customer asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class RequestStatus(models.TextChoices):
    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    WAITING = "waiting", "Waiting for customer"
    RESOLVED = "resolved", "Resolved"


class Priority(models.TextChoices):
    LOW = "low", "Low"
    NORMAL = "normal", "Normal"
    HIGH = "high", "High"
    URGENT = "urgent", "Urgent"


def response_hours() -> Mapping[str, float]:
    """The hours in which a request of each priority is to be answered; nights and weekends count."""
    return {priority: float(settings.RESPONSE_HOURS[priority]) for priority in Priority.values}


class ServiceRequest(models.Model):
    customer = models.ForeignKey("crm.Customer", on_delete=models.CASCADE, related_name="requests")
    service = models.ForeignKey(
        "crm.Service", null=True, blank=True, on_delete=models.SET_NULL, related_name="requests"
    )
    kind = models.CharField(max_length=50, default="question")
    subject = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    status = models.CharField(max_length=20, choices=RequestStatus, default=RequestStatus.OPEN)
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NORMAL)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="requests"
    )
    request_time = models.DateTimeField(default=timezone.now)
    response_time = models.DateTimeField(null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    run_id = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="request_answered_after_asked",
                condition=models.Q(response_time__isnull=True) | models.Q(response_time__gte=models.F("request_time")),
            ),
            models.CheckConstraint(name="request_status_known", condition=models.Q(status__in=RequestStatus.values)),
            models.CheckConstraint(name="request_priority_known", condition=models.Q(priority__in=Priority.values)),
        ]
        indexes = [
            models.Index(fields=["-request_time", "id"], name="request_by_time"),
            models.Index(fields=["status", "-request_time", "id"], name="request_by_status"),
            models.Index(fields=["assignee", "status"], name="request_by_assignee"),
        ]

    def __str__(self) -> str:
        return self.subject or f"Request {self.pk}"

    @property
    def respond_by(self) -> datetime:
        return self.request_time + timedelta(hours=response_hours()[self.priority])
