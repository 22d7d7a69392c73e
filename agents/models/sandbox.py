"""What the development sandboxes received: mails from the local catcher, payments from the local provider."""

from __future__ import annotations

from django.db import models


class CaughtMail(models.Model):
    at = models.DateTimeField(auto_now_add=True)
    sender = models.CharField(max_length=300)
    recipients = models.JSONField(default=list)
    subject = models.CharField(max_length=300, blank=True)
    message_id = models.CharField(max_length=300, blank=True)
    source = models.TextField()

    class Meta:
        ordering = ["-id"]


class SandboxPayment(models.Model):
    idempotency_key = models.CharField(max_length=100, unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=200, blank=True)
    refunded = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
